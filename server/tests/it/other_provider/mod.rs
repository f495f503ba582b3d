//! App A with a provider that is not ours: what it refuses, and how it signs out where there is less.

mod id_tokens;
mod policies;
mod provider;
mod sign_out;
