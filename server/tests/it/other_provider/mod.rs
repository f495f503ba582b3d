//! The apps with a provider that is not ours: what they refuse, and how they sign out where there is less.

mod id_tokens;
mod login;
mod policies;
mod provider;
mod sign_out;
mod userinfo;
mod without_sid;
