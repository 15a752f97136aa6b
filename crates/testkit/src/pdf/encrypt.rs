//! The standard security handler (ISO 32000-2 §7.6.4), from the writer's side.

use aes::cipher::{BlockCipherEncrypt, KeyInit, StreamCipher};
use aes::{Aes128, Aes256};
use md5::Md5;
use rc4::Rc4;
use sha2::{Digest, Sha256, Sha384, Sha512};

const PADDING: &[u8; 32] = b"\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\
                             \x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A";
const PERMISSIONS: i32 = -1_852;
const OWNER_PASSWORD: &[u8] = b"the owner's";
const START: [u8; 16] = [7; 16];

/// How a document is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// RC4 with a key of 40 bits (version 1, revision 2).
    Rc4Bits40,
    /// RC4 with a key of 128 bits (version 2, revision 3).
    Rc4Bits128,
    /// AES-128 (version 4, revision 4).
    Aes128,
    /// AES-256 (version 5, revision 6).
    Aes256,
}

impl Cipher {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Rc4Bits40, Self::Rc4Bits128, Self::Aes128, Self::Aes256];
}

pub(super) struct Sealer {
    cipher: Cipher,
    key: Vec<u8>,
    dictionary: String,
}

impl Sealer {
    pub(super) fn new(cipher: Cipher, password: &str, id: &[u8]) -> Self {
        match cipher {
            Cipher::Rc4Bits40 => Self::with_md5(cipher, (1, 2, 5), password.as_bytes(), id),
            Cipher::Rc4Bits128 => Self::with_md5(cipher, (2, 3, 16), password.as_bytes(), id),
            Cipher::Aes128 => Self::with_md5(cipher, (4, 4, 16), password.as_bytes(), id),
            Cipher::Aes256 => Self::with_sha(password.as_bytes()),
        }
    }

    /// The encryption dictionary.
    pub(super) fn dictionary(&self) -> Vec<u8> {
        self.dictionary.clone().into_bytes()
    }

    /// Encrypts the stream of object `number`, generation 0.
    pub(super) fn seal(&self, number: u32, text: &[u8]) -> Vec<u8> {
        let mut object_key = Md5::new();
        object_key.update(&self.key);
        object_key.update(&number.to_le_bytes()[..3]);
        object_key.update([0, 0]);
        if self.cipher == Cipher::Aes128 {
            object_key.update(b"sAlT");
        }
        let object_key = object_key.finalize();
        let object_key = &object_key[..(self.key.len() + 5).min(16)];
        match self.cipher {
            Cipher::Rc4Bits40 | Cipher::Rc4Bits128 => rc4(object_key, text),
            Cipher::Aes128 => {
                let aes = Aes128::new_from_slice(object_key).expect("16 bytes");
                [&START[..], &cbc(&aes, START, &padded(text))].concat()
            }
            Cipher::Aes256 => {
                let aes = Aes256::new_from_slice(&self.key).expect("32 bytes");
                [&START[..], &cbc(&aes, START, &padded(text))].concat()
            }
        }
    }

    fn with_md5(
        cipher: Cipher,
        (version, revision, length): (u8, u8, usize),
        password: &[u8],
        id: &[u8],
    ) -> Self {
        let rounds = if revision == 2 { 1 } else { 20 };
        let repeats = if revision == 2 { 0 } else { 50 };
        let pad = |text: &[u8]| [text, PADDING].concat()[..32].to_vec();
        let mut owner_key = Md5::digest(pad(OWNER_PASSWORD)).to_vec();
        (0..repeats).for_each(|_| owner_key = Md5::digest(&owner_key).to_vec());
        let owner = rc4_rounds(&owner_key[..length], pad(password), rounds);

        let permissions = PERMISSIONS.to_le_bytes();
        let mut key = Md5::digest([&pad(password), &owner, &permissions[..], id].concat()).to_vec();
        (0..repeats).for_each(|_| key = Md5::digest(&key[..length]).to_vec());
        key.truncate(length);
        let user = if revision == 2 {
            rc4(&key, PADDING)
        } else {
            let digest = Md5::digest([&PADDING[..], id].concat()).to_vec();
            [rc4_rounds(&key, digest, rounds), vec![0; 16]].concat()
        };
        let filters = if version == 4 {
            " /CF << /StdCF << /CFM /AESV2 /AuthEvent /DocOpen /Length 16 >> >> /StmF /StdCF \
             /StrF /StdCF"
        } else {
            ""
        };
        let dictionary = format!(
            "<< /Filter /Standard /V {version} /R {revision} /Length {} /P {PERMISSIONS} \
             /O <{}> /U <{}>{filters} >>",
            length * 8,
            hex(&owner),
            hex(&user),
        );
        Self { cipher, key, dictionary }
    }

    fn with_sha(password: &[u8]) -> Self {
        let key: Vec<u8> = (0..32).map(|n| n * 7).collect();
        let entry = |password: &[u8], salts: &[u8; 16], user: &[u8]| {
            let digest = hardened_hash(password, &salts[..8], user);
            let aes = hardened_hash(password, &salts[8..], user);
            let aes = Aes256::new_from_slice(&aes).expect("32 bytes");
            ([&digest, &salts[..]].concat(), cbc(&aes, [0; 16], &key))
        };
        let (user, user_key) = entry(password, b"salt one salt 02", b"");
        let (owner, owner_key) = entry(OWNER_PASSWORD, b"salt 003 salt 04", &user);
        let dictionary = format!(
            "<< /Filter /Standard /V 5 /R 6 /Length 256 /P {PERMISSIONS} /O <{}> /U <{}> /OE <{}> \
             /UE <{}> /Perms <{}> /CF << /StdCF << /CFM /AESV3 /AuthEvent /DocOpen /Length 32 >> \
             >> /StmF /StdCF /StrF /StdCF >>",
            hex(&owner),
            hex(&user),
            hex(&owner_key),
            hex(&user_key),
            hex(&permissions_entry(&key)),
        );
        Self { cipher: Cipher::Aes256, key, dictionary }
    }
}

/// Algorithm 10.
fn permissions_entry(key: &[u8]) -> Vec<u8> {
    let [a, b, c, d] = PERMISSIONS.to_le_bytes();
    let text = [a, b, c, d, 255, 255, 255, 255, b'T', b'a', b'd', b'b', 1, 2, 3, 4];
    cbc(&Aes256::new_from_slice(key).expect("32 bytes"), [0; 16], &text)
}

/// Algorithm 2.B.
fn hardened_hash(password: &[u8], salt: &[u8], user: &[u8]) -> Vec<u8> {
    let mut key = Sha256::digest([password, salt, user].concat()).to_vec();
    for round in 1_u32.. {
        let text = [password, &key, user].concat().repeat(64);
        let aes = Aes128::new_from_slice(&key[..16]).expect("16 bytes");
        let start = key[16..32].try_into().expect("16 bytes");
        let text = cbc(&aes, start, &text);
        key = match text[..16].iter().map(|&b| u32::from(b)).sum::<u32>() % 3 {
            0 => Sha256::digest(&text).to_vec(),
            1 => Sha384::digest(&text).to_vec(),
            _ => Sha512::digest(&text).to_vec(),
        };
        if round >= 64 && text.last().is_none_or(|&last| u32::from(last) <= round - 32) {
            break;
        }
    }
    key.truncate(32);
    key
}

fn cbc<A>(aes: &A, start: [u8; 16], text: &[u8]) -> Vec<u8>
where
    A: BlockCipherEncrypt + aes::cipher::BlockSizeUser<BlockSize = aes::cipher::consts::U16>,
{
    let mut before = start;
    let mut out = Vec::with_capacity(text.len());
    for block in text.chunks_exact(16) {
        let mixed: [u8; 16] = std::array::from_fn(|n| block[n] ^ before[n]);
        let mut sealed = mixed.into();
        aes.encrypt_block(&mut sealed);
        before = sealed.into();
        out.extend(before);
    }
    out
}

fn padded(text: &[u8]) -> Vec<u8> {
    let missing = 16 - text.len() % 16;
    [text, &vec![missing as u8; missing]].concat()
}

fn rc4(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    Rc4::new_from_slice(key).expect("1 to 256 bytes").apply_keystream(&mut out);
    out
}

fn rc4_rounds(key: &[u8], text: Vec<u8>, rounds: u8) -> Vec<u8> {
    (0..rounds).fold(text, |text, round| {
        let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
        rc4(&key, &text)
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
