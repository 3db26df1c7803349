//! Add-ons with typed arguments: what a cluster needs before it is of use. Each makes a manifest, or a chart's values.

mod calico;
mod cilium;
mod flannel;
mod metallb;
mod openebs;
mod values;

pub(super) use calico::Calico;
pub(super) use cilium::Cilium;
pub(super) use flannel::Flannel;
pub(super) use metallb::Metallb;
pub(super) use openebs::Openebs;
