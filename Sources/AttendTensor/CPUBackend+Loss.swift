import CAttend

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension CPUBackend {
  func crossEntropySum(_ x: Tensor, _ labels: Tensor.Labels) -> Tensor {
    if x.dtype == .float64 { return Composed.crossEntropySum(x.detached(), labels) }
    if x.dtype.isHalf { return cast(crossEntropySum(cast(x, to: .float32), labels), to: x.dtype) }
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let width = x.shape[1]
    let targets = classes(labels, below: width)
    let losses = Tensor(uninitialized: [targets.count], .float32)
    let (from, to) = (x.pointer(Float.self), losses.pointer(Float.self))
    let (own, share) = (Float(1 - labels.smoothing), Float(labels.smoothing / Double(max(width, 1))))
    parallelFor(targets.count, grain: rowGrain(width: 4 * width)) { range in
      for row in range {
        guard let target = targets[row] else {
          to[row] = 0
          continue
        }
        let logits = from + row * width
        // Labels add up to 1: log Σ eˣ − Σ label · x.
        to[row] = logSumExp(logits, width) - own * logits[target]
        if share > 0 { to[row] -= share * rows.reduce(AT_SUM, width, logits) }
      }
    }
    return reduce(.sum, losses, axes: [0]).reshaped([])
  }

  /// log Σ eˣ of one row, piece by piece through a small buffer.
  private func logSumExp(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    let maximum = rows.reduce(AT_MAX, count, x)
    let shift = maximum > -Float.infinity ? maximum : 0
    let piece = 2048
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: piece) { buffer in
      guard let scratch = buffer.baseAddress else { return .nan }
      var sum: Float = 0
      for start in stride(from: 0, to: count, by: piece) {
        let length = min(piece, count - start)
        rows.binary_scalar(AT_SUBTRACT, length, x + start, shift, scratch)
        rows.unary(AT_EXP, length, scratch, scratch)
        sum += rows.reduce(AT_SUM, length, scratch)
      }
      return (sum > 0 || sum.isNaN ? logf(sum) : 0) + shift
    }
  }

  func crossEntropyGradient(_ x: Tensor, _ labels: Tensor.Labels, scale: Tensor) -> Tensor {
    if x.dtype == .float64 { return Composed.crossEntropyGradient(x, labels, scale: scale) }
    if x.dtype.isHalf {
      let scale = cast(scale, to: .float32)
      return widened(x) { crossEntropyGradient($0, labels, scale: scale) }
    }
    let width = x.shape[1]
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let targets = classes(labels, below: width)
    let factor = Float(scale.item())
    let (own, share) = (Float(1 - labels.smoothing), Float(labels.smoothing / Double(max(width, 1))))
    let output = Tensor(uninitialized: x.shape, .float32)
    let (from, to) = (x.pointer(Float.self), output.pointer(Float.self))
    parallelFor(targets.count, grain: rowGrain(width: 2 * width)) { range in
      for row in range {
        let out = to + row * width
        guard let target = targets[row] else {
          out.update(repeating: 0, count: width)
          continue
        }
        rows.softmax(1, width, 1, from + row * width, width, out, width)
        out[target] -= own
        if share > 0 { rows.binary_scalar(AT_SUBTRACT, width, out, share, out) }
        rows.binary_scalar(AT_MULTIPLY, width, out, factor, out)
      }
    }
    return output
  }

  /// The class of every row; `nil` where it is ignored.
  private func classes(_ labels: Tensor.Labels, below count: Int) -> [Int?] {
    cast(labels.targets, to: .int64).scalars(Int.self).map { target in
      if target == labels.ignored { return nil }
      guard target >= 0 && target < count else { indexOutOfRange("crossEntropy", target, count: count) }
      return target
    }
  }
}
