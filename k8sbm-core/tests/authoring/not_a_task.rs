//! A struct is registered that does not implement `Task`.

struct Motd;

fn main() {
    k8sbm_core::task::Registry::default().with::<Motd>();
}
