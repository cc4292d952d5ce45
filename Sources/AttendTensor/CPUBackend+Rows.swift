import CAttend

// Fusions along the last axis. float64 takes the composition; halves are computed in float32.

extension CPUBackend {
  /// A row kernel over all rows of `x`.
  private func rowLoop(
    _ x: Tensor, _ body: (_ rows: Int, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>) -> Void
  ) -> Tensor {
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let output = Tensor(uninitialized: x.shape, .float32)
    let width = x.shape[x.rank - 1]
    guard width > 0 else { return output }
    let (from, to) = (x.pointer(Float.self), output.pointer(Float.self))
    parallelFor(x.count / width, grain: rowGrain(width: width)) { range in
      body(range.count, from + range.lowerBound * width, to + range.lowerBound * width)
    }
    return output
  }

  /// The parameter's elements in order, or a null pointer.
  private func withParameter<R>(_ parameter: Tensor?, _ body: (UnsafePointer<Float>?) -> R) -> R {
    guard let parameter else { return body(nil) }
    return cast(parameter, to: .float32).withFloats { body($0) }
  }

  func softmax(_ x: Tensor, scale: Double) -> Tensor {
    if x.dtype == .float64 { return Composed.softmax(x.detached(), scale: scale) }
    if x.dtype.isHalf { return widened(x) { softmax($0, scale: scale) } }
    let width = x.shape[x.rank - 1]
    return rowLoop(x) { count, from, to in rows.softmax(count, width, Float(scale), from, width, to, width) }
  }

  func logSoftmax(_ x: Tensor) -> Tensor {
    if x.dtype == .float64 { return Composed.logSoftmax(x.detached()) }
    if x.dtype.isHalf { return widened(x, logSoftmax) }
    let width = x.shape[x.rank - 1]
    return rowLoop(x) { count, from, to in rows.log_softmax(count, width, from, width, to, width) }
  }

  func layerNorm(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, epsilon: Double) -> Tensor {
    if x.dtype == .float64 {
      return Composed.layerNorm(x.detached(), weight?.detached(), bias?.detached(), epsilon: epsilon)
    }
    if x.dtype.isHalf { return widened(x) { layerNorm($0, weight, bias, epsilon: epsilon) } }
    let width = x.shape[x.rank - 1]
    return withParameter(weight) { weight in
      withParameter(bias) { bias in
        rowLoop(x) { count, from, to in
          rows.layer_norm(count, width, Float(epsilon), from, width, weight, bias, to, width)
        }
      }
    }
  }

  func rmsNorm(_ x: Tensor, _ weight: Tensor?, epsilon: Double, offset: Double) -> Tensor {
    if x.dtype == .float64 {
      return Composed.rmsNorm(x.detached(), weight?.detached(), epsilon: epsilon, offset: offset)
    }
    if x.dtype.isHalf { return widened(x) { rmsNorm($0, weight, epsilon: epsilon, offset: offset) } }
    let width = x.shape[x.rank - 1]
    return withParameter(weight) { weight in
      rowLoop(x) { count, from, to in
        rows.rms_norm(count, width, Float(epsilon), Float(offset), from, width, weight, to, width)
      }
    }
  }

  func addRMSNorm(
    _ x: Tensor, _ y: Tensor, _ weight: Tensor?, epsilon: Double, offset: Double
  ) -> (sum: Tensor, normalized: Tensor) {
    guard x.dtype == .float32, y.isContiguous else {
      let sum = binary(.add, x, y)
      return (sum, rmsNorm(sum, weight, epsilon: epsilon, offset: offset))
    }
    let width = x.shape[x.rank - 1]
    let sum = Tensor(uninitialized: x.shape, .float32)
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let (start, second, sums) = (x.pointer(Float.self), y.pointer(Float.self), sum.pointer(Float.self))
    let normalized = withParameter(weight) { weight in
      rowLoop(x) { count, from, to in
        let place = from - UnsafePointer(start)
        rows.add_rms_norm(
          count, width, Float(epsilon), Float(offset), from, second + place, weight, sums + place, to)
      }
    }
    return (sum, normalized)
  }

  func gated(_ activation: UnaryOperation, _ gate: Tensor, _ up: Tensor) -> Tensor {
    guard gate.dtype == .float32, up.dtype == .float32 else { return binary(.multiply, unary(activation, gate), up) }
    let gate = gate.isContiguous ? gate : copy(gate)
    defer { withExtendedLifetime(gate) {} }
    let up = up.isContiguous ? up : copy(up)
    defer { withExtendedLifetime(up) {} }
    let output = Tensor(uninitialized: gate.shape, .float32)
    let (first, second, out) = (gate.pointer(Float.self), up.pointer(Float.self), output.pointer(Float.self))
    parallelFor(gate.count, grain: elementGrain / 8) { range in
      let start = range.lowerBound
      rows.gated(activation.kernel, range.count, first + start, second + start, out + start)
    }
    return output
  }

  func rotary(_ x: Tensor, _ cosines: Tensor, _ sines: Tensor, interleaved: Bool) -> Tensor {
    if x.dtype == .float64 {
      return Composed.rotary(x, cast(cosines, to: .float64), cast(sines, to: .float64), interleaved: interleaved)
    }
    if x.dtype.isHalf { return widened(x) { rotary($0, cosines, sines, interleaved: interleaved) } }
    let (heads, width, half) = (x.shape[1], x.shape[2], cosines.shape[1])
    // Part of a fused query/key/value row is fine as it is.
    let x = width <= 1 || x.strides[2] == 1 ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let (tokenStride, headStride) = (x.strides[0], x.strides[1])
    let output = Tensor(uninitialized: x.shape, .float32)
    let (from, to) = (x.pointer(Float.self), output.pointer(Float.self))
    withParameter(cosines) { cosines in
      withParameter(sines) { sines in
        guard let cosines, let sines else { return }
        parallelFor(x.shape[0], grain: rowGrain(width: heads * width)) { range in
          for token in range {
            rows.rotary(
              heads, width, 2 * half, !interleaved, cosines + token * half, sines + token * half,
              from + token * tokenStride, headStride, to + token * heads * width, width)
          }
        }
      }
    }
    return output
  }
}
