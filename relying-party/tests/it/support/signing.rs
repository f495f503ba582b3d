use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use relying_party::{Jwks, Keys};
use serde_json::{Value, json};

/// A key of the provider, or of somebody else.
#[derive(Clone)]
pub(crate) struct TestKey {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    key: EncodingKey,
}

impl TestKey {
    pub(crate) fn es256(kid: &str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self { kid: kid.into(), algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(pkcs8.as_ref()) }
    }

    pub(crate) fn rs256(kid: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 = pair.as_der().unwrap();
        // PKCS #8 wraps the PKCS #1 key that jsonwebtoken asks for in 26 bytes, for 2048 bits.
        Self { kid: kid.into(), algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]) }
    }

    /// The same key, which signs by another algorithm of its family.
    pub(crate) fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.kid.clone());
        serde_json::to_value(jwk).unwrap()
    }

    pub(crate) fn keys(&self) -> Keys {
        Jwks::parse(json!({ "keys": [self.jwk()] })).unwrap().keys
    }

    /// A token with this header member `typ` and these claims.
    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> String {
        let header = json!({ "alg": format!("{:?}", self.algorithm), "kid": self.kid, "typ": typ });
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// A token of exactly these two texts.
    pub(crate) fn sign_text(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", base64url(header), base64url(payload));
        let signature = self.signature(&message);
        format!("{message}.{signature}")
    }

    /// The third part of the token whose first two are `message`.
    pub(crate) fn signature(&self, message: &str) -> String {
        crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap()
    }

    /// As [`signature`](Self::signature), by somebody who takes the published key for a shared secret.
    pub(crate) fn hmac_with_the_public_key(&self, message: &str) -> String {
        let secret = EncodingKey::from_secret(self.jwk().to_string().as_bytes());
        crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap()
    }
}

/// A token that nobody signed.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", base64url(&header.to_string()), base64url(&claims.to_string()))
}

pub(crate) fn base64url(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}
