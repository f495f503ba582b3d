use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Serialize;

use super::SignError;
use super::jwk::{Parameters, PublicJwk};
use crate::config::SigningAlg;

/// A key pair that is ready to sign.
pub(super) struct SigningKey {
    pub(super) kid: String,
    pub(super) alg: SigningAlg,
    pub(super) public: PublicJwk,
    pub(super) verifying: DecodingKey,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// The key cannot be made or read.
#[derive(Debug, thiserror::Error)]
#[error("the key is not usable")]
pub(super) struct UnusableKey;

impl From<SigningAlg> for Algorithm {
    fn from(alg: SigningAlg) -> Self {
        match alg {
            SigningAlg::RS256 => Self::RS256,
            SigningAlg::ES256 => Self::ES256,
        }
    }
}

/// Makes a private key, as PKCS #8.
pub(super) fn generate(alg: SigningAlg) -> Result<Vec<u8>, UnusableKey> {
    match alg {
        SigningAlg::RS256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| UnusableKey)?;
            pair.as_der().map(|der| der.as_ref().to_vec()).map_err(|_| UnusableKey)
        }
        SigningAlg::ES256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .map(|der| der.as_ref().to_vec())
            .map_err(|_| UnusableKey),
    }
}

impl SigningKey {
    pub(super) fn from_pkcs8(alg: SigningAlg, pkcs8: &[u8]) -> Result<Self, UnusableKey> {
        let (pair, parameters) = match alg {
            SigningAlg::RS256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| UnusableKey)?;
                let public = pair.public_key();
                let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
                let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
                (Pair::Rsa(pair), Parameters::Rsa { n, e })
            }
            SigningAlg::ES256 => {
                let pair =
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(|_| UnusableKey)?;
                // SEC 1 section 2.3.3: 4, then x and y of 32 bytes each.
                let [4, point @ ..] = pair.public_key().as_ref() else { return Err(UnusableKey) };
                let (x, y) = point.split_at_checked(32).ok_or(UnusableKey)?;
                let parameters =
                    Parameters::Ec { crv: "P-256", x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) };
                (Pair::Ec(pair), parameters)
            }
        };
        let verifying = match &parameters {
            Parameters::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
            Parameters::Ec { x, y, .. } => DecodingKey::from_ec_components(x, y),
        }
        .map_err(|_| UnusableKey)?;
        let kid = parameters.thumbprint();
        Ok(Self { public: PublicJwk::new(kid.clone(), alg, parameters), kid, alg, verifying, pair })
    }

    /// A JWS in compact form. jsonwebtoken would parse and check the private key again for every signature, and takes
    /// RSA keys only in a form that aws-lc-rs does not write.
    pub(super) fn sign<C: Serialize>(&self, typ: &str, claims: &C) -> Result<String, SignError> {
        let header = Header { typ: Some(typ.to_owned()), kid: Some(self.kid.clone()), ..Header::new(self.alg.into()) };
        let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature).map_err(|_| SignError::Key)?;
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, token.as_bytes()).map_err(|_| SignError::Key)?.as_ref().to_vec(),
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}
