//! What the screens look like, and which intent a key is.

mod scene;

use scene::{UNICODE, scenes};

#[test]
fn print_all() {
    let size: Vec<u16> =
        std::env::var("SIZE").unwrap_or("80x24".into()).split('x').map(|n| n.parse().unwrap()).collect();
    let only = std::env::var("ONLY").unwrap_or_default();
    let look = if std::env::var("ASC").is_ok() { scene::ASCII } else { UNICODE };
    for (name, scene) in scenes() {
        if name.contains(&only) {
            println!("=== {name}\n{}", scene.text(&look, (size[0], size[1])));
        }
    }
}
