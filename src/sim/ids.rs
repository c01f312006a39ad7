//! Ids of the simulated world. Made from names, so that the same scenario has the same ids in
//! every run; only secrets are random.

/// A GUID made from words.
pub fn of(words: &[&str]) -> String {
    let mut bytes = [0; 16];
    for (half, seed) in bytes.chunks_mut(8).zip([0xcbf2_9ce4_8422_2325_u64, 0x9e37_79b9_7f4a_7c15]) {
        // FNV-1a, and a final mix so that similar words do not give similar ids.
        let mut hash = seed;
        for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash ^= hash >> 32;
        half.copy_from_slice(&hash.wrapping_mul(0xd6e8_feb8_6659_fd93).to_be_bytes());
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// A secret that nobody can guess, in the shape of the services' opaque tokens.
pub fn secret(prefix: &str) -> String {
    format!("{prefix}{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_id_and_others_another() {
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["ab", ""]));
        assert!(uuid::Uuid::try_parse(&of(&["a"])).is_ok());
        assert_ne!(secret("x"), secret("x"));
    }
}
