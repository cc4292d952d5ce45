import AttendTensor

/// The frozen weights of a model as packed once, for building it again around other low-rank additions.
struct KeptWeights: Sendable {
  /// By the names of the parts.
  var matrices: [String: Matrix] = [:]
  var tensors: [String: Tensor] = [:]
  /// Every name of the checkpoint.
  var names: Set<String> = []
}
