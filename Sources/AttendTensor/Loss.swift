extension Tensor {
  /// Mean over tokens of −log softmax(logits)[target], in nats; 0 when every target is ignored.
  ///
  /// - Parameters:
  ///   - self: logits, `[tokens, classes]`.
  ///   - targets: `[tokens]`, int32 or int64, each below `classes`.
  ///   - ignoring: the target that does not count, −100 by convention.
  public func crossEntropy(targets: Tensor, ignoring ignored: Int? = nil) -> Tensor {
    requireFloats("crossEntropy")
    guard rank == 2, targets.shape == [shape[0]] else { shapeMismatch("crossEntropy", shape, targets.shape) }
    guard targets.dtype == .int64 || targets.dtype == .int32 else { dtypeMismatch("crossEntropy", targets.dtype) }
    var counted = shape[0]
    if let ignored { counted = Int((targets .!= Double(ignored)).cast(to: .int64).sum().item()) }
    let divisor = Double(Swift.max(counted, 1))
    let output = backend.crossEntropySum(detached(), targets, ignored: ignored) / divisor
    return record(.crossEntropy, output, self) { upstream, x in
      backend.crossEntropyGradient(x, targets, ignored: ignored, scale: upstream / divisor)
    }
  }
}
