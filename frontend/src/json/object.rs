use super::Json;

/// A JSON object, read field by field. Each reader gives None if the field is not what it should be; a field that is null
/// is as good as absent.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a>(&'a [(String, Json)]);

impl<'a> Object<'a> {
    /// The object in a value.
    pub(crate) fn of(json: &'a Json) -> Option<Self> {
        if let Json::Object(fields) = json { Some(Self(fields)) } else { None }
    }

    /// A string.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_str()
    }

    /// A string that may be absent.
    pub(crate) fn optional_text(self, name: &str) -> Option<Option<&'a str>> {
        match self.value(name) {
            None => Some(None),
            Some(value) => value.as_str().map(Some),
        }
    }

    /// A whole number.
    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        if let Json::Number(number) = self.value(name)? { Some(*number) } else { None }
    }

    /// A whole number, zero or more.
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        self.integer(name)?.try_into().ok()
    }

    /// A whole number, zero or more, that may be absent.
    pub(crate) fn optional_number(self, name: &str) -> Option<Option<u64>> {
        if self.value(name).is_none() { Some(None) } else { self.number(name).map(Some) }
    }

    /// True or false, with what it is when it is absent.
    pub(crate) fn flag(self, name: &str, otherwise: bool) -> Option<bool> {
        match self.value(name) {
            None => Some(otherwise),
            Some(Json::Flag(flag)) => Some(*flag),
            Some(_) => None,
        }
    }

    /// An object.
    pub(crate) fn object(self, name: &str) -> Option<Self> {
        Self::of(self.value(name)?)
    }

    /// Whatever is there.
    pub(crate) fn value(self, name: &str) -> Option<&'a Json> {
        self.0.iter().find(|(known, value)| known == name && *value != Json::Null).map(|(_, value)| value)
    }
}

/// What `read` makes of the object in this text.
pub(crate) fn parse<T>(text: &str, read: impl FnOnce(Object<'_>) -> Option<T>) -> Option<T> {
    read(Object::of(&Json::read(text)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_another_kind_is_refused() {
        let json = Json::read(r#"{"text":"a","number":7,"negative":-1,"half":0.5,"flag":true,"null":null}"#).unwrap();
        let object = Object::of(&json).unwrap();
        assert_eq!(object.text("text"), Some("a"));
        assert_eq!((object.text("number"), object.text("absent"), object.text("null")), (None, None, None));
        assert_eq!((object.optional_text("absent"), object.optional_text("null")), (Some(None), Some(None)));
        assert_eq!(object.optional_text("number"), None);
        assert_eq!((object.number("number"), object.number("negative"), object.number("half")), (Some(7), None, None));
        assert_eq!((object.integer("negative"), object.integer("text")), (Some(-1), None));
        assert_eq!((object.optional_number("absent"), object.optional_number("text")), (Some(None), None));
        assert_eq!((object.flag("flag", false), object.flag("absent", true)), (Some(true), Some(true)));
        assert_eq!(object.flag("text", true), None);
        assert!(Object::of(&Json::Null).is_none() && object.object("text").is_none());
    }
}
