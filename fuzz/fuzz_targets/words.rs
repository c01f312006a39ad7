//! Any text as the words of a service: what is shown holds nothing unseen, and is as wide as it says.
#![no_main]

use dualwrite::core::{fault, unseen};
use dualwrite::ui::text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|words: &str| {
    let clean = text::clean(words);
    assert!(!clean.chars().any(unseen::is_unseen), "{clean:?}");
    for cells in [0, 1, 7, 40] {
        assert_eq!(text::width(&text::fit(&clean, cells, "...")), cells);
    }
    assert!(!unseen::escaped(words).chars().any(unseen::is_unseen));
    drop(fault::candidates(words));
});
