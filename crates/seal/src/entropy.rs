//! Randomness, handed in from outside.

use ring::rand::SecureRandom;

/// A source of random bytes fit for keys. Only `cli` makes the real one.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The random generator of the operating system.
#[derive(Clone, Debug)]
pub struct SystemEntropy(ring::rand::SystemRandom);

impl SystemEntropy {
    /// Opens the generator. There is no `Default`, so that nothing makes one by accident.
    #[expect(clippy::new_without_default, reason = "randomness is asked for by name, in cli")]
    #[must_use]
    pub fn new() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the kernel's generator does not fail once it is seeded");
    }
}
