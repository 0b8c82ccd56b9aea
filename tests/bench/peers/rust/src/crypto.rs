// SPDX-License-Identifier: LGPL-2.1-or-later
// The keys of one connection: P-256, HKDF-SHA-256, AES-256-GCM, all with the crates' own defaults.

use aes_gcm::aead::{Aead, KeyInit, OsRng};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hkdf::Hkdf;
use p256::ecdh::EphemeralSecret;
use p256::{EncodedPoint, PublicKey};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::Failure;

const INFO: &[u8] = b"ignis-ecdh-p256-aes-256-gcm-v1";

/// What goes over the wire in `encrypted`.
#[derive(Serialize, Deserialize)]
pub struct Sealed {
    pub iv: String,
    pub ct: String,
}

pub struct KeyPair(EphemeralSecret);

impl KeyPair {
    pub fn generate() -> Self {
        KeyPair(EphemeralSecret::random(&mut OsRng))
    }

    pub fn public_key(&self) -> String {
        STANDARD.encode(EncodedPoint::from(self.0.public_key()).as_bytes())
    }

    pub fn derive(self, server_key: &str, salt: &str) -> Result<SessionKey, Failure> {
        let server_key = PublicKey::from_sec1_bytes(&STANDARD.decode(server_key)?)?;
        let salt = STANDARD.decode(salt)?;
        let shared = self.0.diffie_hellman(&server_key);
        let mut key = [0u8; 32];

        Hkdf::<Sha256>::new(Some(&salt), shared.raw_secret_bytes())
            .expand(INFO, &mut key)
            .map_err(|_| "HKDF failed")?;
        Ok(SessionKey(
            Aes256Gcm::new_from_slice(&key).map_err(|_| "Not a key")?,
        ))
    }
}

pub struct SessionKey(Aes256Gcm);

impl SessionKey {
    pub fn encrypt(&self, text: &str) -> Result<Sealed, Failure> {
        let mut iv = [0u8; 12];
        OsRng.fill_bytes(&mut iv);
        let ciphertext = self
            .0
            .encrypt(&Nonce::from(iv), text.as_bytes())
            .map_err(|_| "Encryption failed")?;

        Ok(Sealed {
            iv: STANDARD.encode(iv),
            ct: STANDARD.encode(ciphertext),
        })
    }

    pub fn decrypt(&self, sealed: &Sealed) -> Result<String, Failure> {
        let iv = STANDARD.decode(&sealed.iv)?;
        let iv: [u8; 12] = iv.try_into().map_err(|_| "Not an IV")?;
        let ciphertext = STANDARD.decode(&sealed.ct)?;
        let text = self
            .0
            .decrypt(&Nonce::from(iv), ciphertext.as_ref())
            .map_err(|_| "Decryption failed")?;

        Ok(String::from_utf8(text)?)
    }
}
