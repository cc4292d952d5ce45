/// The specification of every fused operation, over primitives. A fusion agrees with it within rounding, and its
/// derivative with the derivative of this.
package enum Composed {
  /// x · σ(x).
  package static func silu(_ x: Tensor) -> Tensor { x * x.sigmoid() }

  /// x/2 · (1 + erf(x/√2)), or its approximation by tanh.
  package static func gelu(_ x: Tensor, _ form: GELUForm) -> Tensor {
    switch form {
    case .exact:
      return 0.5 * x * (1 + (x * 0.5.squareRoot()).erf())
    case .tanh:
      let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x.squared())
      return 0.5 * x * (1 + inner.tanh())
    }
  }

  /// e^(s·xᵢ) / Σⱼ e^(s·xⱼ) along the last axis; a row of −∞ gives zeros.
  package static func softmax(_ x: Tensor, scale: Double = 1) -> Tensor {
    let x = scale == 1 ? x : x * scale
    let exponentials = (x - finiteMaximum(x)).exp()
    let sum = exponentials.sum(axes: [-1], keepingDimensions: true)
    return exponentials / nonZero(sum)
  }

  /// xᵢ − log Σⱼ e^(xⱼ) along the last axis; a row of −∞ stays.
  package static func logSoftmax(_ x: Tensor) -> Tensor {
    let shifted = x - finiteMaximum(x)
    return shifted - nonZero(shifted.exp().sum(axes: [-1], keepingDimensions: true)).log()
  }

  /// log Σⱼ e^(xⱼ) along the last axis, which keeps extent 1; −∞ for a row of −∞.
  package static func logSumExp(_ x: Tensor) -> Tensor {
    let maximum = finiteMaximum(x)
    return (x - maximum).exp().sum(axes: [-1], keepingDimensions: true).log() + maximum
  }

  /// The largest element of each row, 0 where that is −∞. It only shifts, so it is a constant for derivatives.
  private static func finiteMaximum(_ x: Tensor) -> Tensor {
    if x.shape[x.rank - 1] == 0 { return .zeros(x.shape.replacing(axis: x.rank - 1, with: 1), x.dtype) }
    let maximum = x.detached().max(axes: [-1], keepingDimensions: true)
    return .where(maximum .> -Double.infinity, maximum, .zeros([], x.dtype))
  }

  /// `sum`, 1 where it is 0.
  private static func nonZero(_ sum: Tensor) -> Tensor { .where(sum .> 0, sum, .ones([], sum.dtype)) }

  /// (x − mean)/√(variance + ε) · weight + bias along the last axis. Ba et al. 2016, arXiv:1607.06450.
  package static func layerNorm(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, epsilon: Double) -> Tensor {
    let centered = x - x.mean(axes: [-1], keepingDimensions: true)
    let variance = centered.squared().mean(axes: [-1], keepingDimensions: true)
    var output = centered * (variance + epsilon).rsqrt()
    if let weight { output = output * weight }
    if let bias { output = output + bias }
    return output
  }

  /// x/√(mean(x²) + ε) · (offset + weight) along the last axis. Zhang and Sennrich 2019, arXiv:1910.07467.
  package static func rmsNorm(_ x: Tensor, _ weight: Tensor?, epsilon: Double, offset: Double) -> Tensor {
    let output = x * (x.squared().mean(axes: [-1], keepingDimensions: true) + epsilon).rsqrt()
    guard let weight else { return output }
    return output * (offset == 0 ? weight : weight + offset)
  }

  /// Rotates pairs of features of x `[tokens, heads, width]` by angles whose cosines and sines are
  /// `[tokens, rotary/2]`: (a, b) → (a·cos − b·sin, b·cos + a·sin). Su et al. 2021, arXiv:2104.09864, section 3.4.2.
  ///
  /// Pairs are neighbours (2i, 2i + 1) when interleaved, else (i, i + rotary/2). Features from `rotary` on stay.
  package static func rotary(_ x: Tensor, _ cosines: Tensor, _ sines: Tensor, interleaved: Bool) -> Tensor {
    let half = cosines.shape[1]
    let (tokens, heads, width) = (x.shape[0], x.shape[1], x.shape[2])
    let rotated = x.sliced(axis: 2, 0..<2 * half)
    let pairs = rotated.reshaped(interleaved ? [tokens, heads, half, 2] : [tokens, heads, 2, half])
    let axis = interleaved ? 3 : 2
    let (a, b) = (pairs.selected(axis: axis, 0), pairs.selected(axis: axis, 1))
    let (cosine, sine) = (cosines.unsqueezed(1), sines.unsqueezed(1))
    let first = (a * cosine - b * sine).unsqueezed(axis)
    let second = (b * cosine + a * sine).unsqueezed(axis)
    let output = Tensor.concatenated([first, second], axis: axis).reshaped([tokens, heads, 2 * half])
    return .concatenated([output, x.sliced(axis: 2, 2 * half..<width)], axis: 2)
  }

  /// Sum over the rows that count of −Σ label · log softmax(x): with smoothing ε a row's label is 1 − ε at its target, and
  /// every class gets ε/classes.
  package static func crossEntropySum(_ x: Tensor, _ labels: Tensor.Labels) -> Tensor {
    let (safe, counts) = mask(labels.targets, labels.ignored)
    let logarithms = logSoftmax(x)
    var chosen = logarithms.takeAlong(safe.unsqueezed(-1), axis: -1).squeezed(-1)
    if labels.smoothing > 0 {
      chosen = (1 - labels.smoothing) * chosen + labels.smoothing * logarithms.mean(axes: [-1])
    }
    // Chosen rather than multiplied by 0: an ignored row may hold −∞.
    return -Tensor.where(counts, chosen, .zeros([], x.dtype)).sum()
  }

  /// (softmax(x) − label) · scale, zero in rows that do not count.
  package static func crossEntropyGradient(_ x: Tensor, _ labels: Tensor.Labels, scale: Tensor) -> Tensor {
    let (safe, counts) = mask(labels.targets, labels.ignored)
    let ones = Tensor.full([labels.targets.count, 1], 1 - labels.smoothing, x.dtype)
    let label = backend.addAlong(x.shape, safe.unsqueezed(-1), ones) + labels.smoothing / Double(max(x.shape[1], 1))
    return .where(counts.unsqueezed(-1), (softmax(x) - label) * scale, .zeros([], x.dtype))
  }

  /// Targets with 0 in place of the ignored ones, and whether each counts.
  private static func mask(_ targets: Tensor, _ ignored: Int?) -> (safe: Tensor, counts: Tensor) {
    guard let ignored else { return (targets, .ones(targets.shape, .bool)) }
    let counts = targets .!= Double(ignored)
    return (.where(counts, targets, .zeros([], targets.dtype)), counts)
  }
}
