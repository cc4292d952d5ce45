import AttendTensor

/// (x − mean)/√(variance + ε) · w + b for each channel: PyTorch's `BatchNorm1d` and `BatchNorm2d`. Ioffe and Szegedy 2015,
/// arXiv:1502.03167.
///
/// While training, mean and variance are those of the batch, and running ones travel on in the pass's `statistics`;
/// otherwise the running ones are used.
public struct BatchNorm: Sendable {
  let weight: Tensor?
  let bias: Tensor?
  let mean: Tensor
  let variance: Tensor
  let batches: Tensor
  let epsilon: Double
  /// The share of the new batch in the running statistics; nil for the mean over all batches.
  let momentum: Double?
  /// The scope's name, under which statistics are found.
  let name: String

  /// - Parameter scope: holds `weight` and `bias` (when affine), and the statistics `running_mean`, `running_var`,
  ///   each `[channels]`, and `num_batches_tracked`.
  public init(
    _ scope: WeightScope, channels: Int, epsilon: Double = 1e-5, momentum: Double? = 0.1, isAffine: Bool = true
  ) {
    weight = isAffine ? scope.tensor("weight", shape: [channels], initializer: .ones) : nil
    bias = isAffine ? scope.tensor("bias", shape: [channels]) : nil
    mean = scope.statistic("running_mean", shape: [channels])
    variance = scope.statistic("running_var", shape: [channels], initializer: .ones)
    batches = scope.statistic("num_batches_tracked", shape: [])
    name = scope.name.isEmpty ? "" : scope.name + "."
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// - Parameter x: `[rows, channels]`, `[batch, channels, length]` or `[batch, channels, height, width]`; while training,
  ///   more than one number for each channel.
  public func callAsFunction(_ x: Tensor, _ pass: inout ForwardPass) -> Tensor {
    let channels = mean.shape[0]
    guard x.rank >= 2, x.shape[1] == channels else { shapeMismatch("batch norm of \(channels) channels", x.shape) }
    let axes = (0..<x.rank).filter { $0 != 1 }
    let along = Shape([channels] + Array(repeating: 1, count: x.rank - 2))
    var (centre, spread) = (mean.reshaped(along), variance.reshaped(along))
    if pass.isTraining {
      let count = x.count / max(channels, 1)
      guard count > 1 else { shapeMismatch("batch norm of one number for each channel", x.shape) }
      centre = x.mean(axes: axes, keepingDimensions: true)
      spread = (x - centre).squared().mean(axes: axes, keepingDimensions: true)
      // The running variance is that of the population, estimated without bias.
      let unbiased = spread.detached() * (Double(count) / Double(count - 1))
      update(&pass, centre.detached().reshaped([channels]), unbiased.reshaped([channels]))
    }
    var output = (x - centre) * (spread + epsilon).rsqrt()
    if let weight { output = output * weight.reshaped(along) }
    if let bias { output = output + bias.reshaped(along) }
    return output
  }

  /// running ← (1 − m) · running + m · batch. A layer that is used twice goes on from what its first use left.
  private func update(_ pass: inout ForwardPass, _ batchMean: Tensor, _ batchVariance: Tensor) {
    func current(_ component: String, _ kept: Tensor) -> Tensor {
      (pass.statistics[name + component] ?? kept).detached()
    }
    let seen = current("num_batches_tracked", batches) + 1
    let share = momentum ?? 1 / seen.item()
    pass.statistics[name + "num_batches_tracked"] = seen
    pass.statistics[name + "running_mean"] = current("running_mean", mean) * (1 - share) + batchMean * share
    pass.statistics[name + "running_var"] = current("running_var", variance) * (1 - share) + batchVariance * share
  }
}
