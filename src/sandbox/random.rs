//! Chance that repeats: everything that looks random is drawn from the seed and a number or a text.

/// Mixes a seed and a number into 64 bits (splitmix64's finaliser).
pub(crate) fn mix(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Mixes a seed and a text into 64 bits (FNV-1a, then [`mix`]).
pub(crate) fn mix_text(seed: u64, text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(seed, hash)
}

/// Turns 64 bits into a number from 0 up to, but not including, 1.
pub(crate) fn fraction(bits: u64) -> f64 {
    let numerator = (bits >> 11) as f64;
    numerator / 9_007_199_254_740_992.0
}
