extension Tensor {
  /// Mean over tokens of −log softmax(logits)[target], in nats; 0 when every target is ignored.
  ///
  /// With label smoothing ε the target is (1 − ε) · one-hot + ε/classes (Szegedy et al. 2016, arXiv:1512.00567,
  /// section 7).
  ///
  /// - Parameters:
  ///   - self: logits, `[tokens, classes]`.
  ///   - targets: `[tokens]`, int32 or int64, each below `classes`.
  ///   - ignoring: the target that does not count, −100 by convention.
  ///   - labelSmoothing: ε, in 0...1.
  public func crossEntropy(targets: Tensor, ignoring ignored: Int? = nil, labelSmoothing: Double = 0) -> Tensor {
    requireFloats("crossEntropy")
    guard rank == 2, targets.shape == [shape[0]] else { shapeMismatch("crossEntropy", shape, targets.shape) }
    guard targets.dtype == .int64 || targets.dtype == .int32 else { dtypeMismatch("crossEntropy", targets.dtype) }
    var counted = shape[0]
    if let ignored { counted = Int((targets .!= Double(ignored)).cast(to: .int64).sum().item()) }
    let divisor = Double(Swift.max(counted, 1))
    let labels = Labels(targets: targets, ignored: ignored, smoothing: labelSmoothing)
    let output = backend.crossEntropySum(detached(), labels) / divisor
    return record(.crossEntropy, output, self) { upstream, x in
      backend.crossEntropyGradient(x, labels, scale: upstream / divisor)
    }
  }

  /// What a cross-entropy compares its rows with.
  package struct Labels: Sendable {
    /// `[rows]`, int32 or int64.
    package var targets: Tensor
    /// The target of rows that do not count.
    package var ignored: Int?
    /// What every class gets a share of.
    package var smoothing: Double

    package init(targets: Tensor, ignored: Int? = nil, smoothing: Double = 0) {
      self.targets = targets
      self.ignored = ignored
      self.smoothing = smoothing
    }
  }

  /// Mean of (x − y)². Same shapes.
  public func meanSquaredError(_ targets: Tensor) -> Tensor {
    guard shape == targets.shape else { shapeMismatch("meanSquaredError", shape, targets.shape) }
    return (self - targets).squared().mean()
  }

  /// Mean of −y · log σ(x) − (1 − y) · log(1 − σ(x)), in nats, without overflow: max(x, 0) − x·y + log(1 + e^−|x|).
  ///
  /// - Parameters:
  ///   - self: logits, any shape.
  ///   - targets: probabilities in 0...1 of the same shape and dtype, constant.
  public func binaryCrossEntropy(targets: Tensor) -> Tensor {
    requireFloats("binaryCrossEntropy")
    guard shape == targets.shape else { shapeMismatch("binaryCrossEntropy", shape, targets.shape) }
    let (x, targets) = (detached(), targets.detached())
    let losses = x.relu() - x * targets + ((-x.abs()).exp() + 1).log()
    return record(.binaryCrossEntropy, losses, self) { upstream, x in upstream * (x.sigmoid() - targets) }.mean()
  }
}
