import CAttend

extension Tensor {
  /// x · Wᵀ + bias + residual, in one pass over the result and without a copy of the weight.
  ///
  /// - Parameters:
  ///   - self: `[rows, inputs]`.
  ///   - weight: `[outputs, inputs]`; `bias`: `[outputs]`; `residual`: `[rows, outputs]`. All of one float dtype.
  ///   - precision: as in ``matmul(_:precision:)``.
  package func linear(
    _ weight: Tensor, bias: Tensor? = nil, residual: Tensor? = nil, precision: Precision = .exact
  ) -> Tensor {
    guard rank == 2, weight.rank == 2, shape[1] == weight.shape[1] else {
      shapeMismatch("linear", shape, weight.shape)
    }
    let result: Shape = [shape[0], weight.shape[0]]
    if let bias, bias.shape != [result[1]] { shapeMismatch("linear's bias", result, bias.shape) }
    if let residual, residual.shape != result { shapeMismatch("linear's residual", result, residual.shape) }
    for other in [weight, bias, residual] {
      guard let other, other.dtype != dtype else { continue }
      dtypeMismatch("linear", dtype, other.dtype)
    }
    let output = backend.linear(
      detached().rounded(for: precision), weight.detached().rounded(for: precision), bias: bias?.detached(),
      residual: residual?.detached())
    let inputs = [self, weight] + [bias, residual].compactMap(\.self)
    // What nobody's derivative needs is not kept.
    let x = weight.isRecording ? detached() : nil
    let kept = isRecording ? weight.detached() : nil
    let isTransposed = weight.isTransposedView
    return Tensor.record(.linear, output, from: inputs) { [hasBias = bias != nil] upstream, index in
      if index == 0, let kept { return upstream.matmul(kept, precision: precision) }
      if index == 1, let x, isTransposed {
        // The derivative of a transposed view lies in memory as what it is a view of.
        return x.transposed(0, 1).matmul(upstream, precision: precision).transposed(0, 1)
      }
      if index == 1, let x { return upstream.transposed(0, 1).matmul(x, precision: precision) }
      return index == 2 && hasBias ? upstream.sum(axes: [0]) : upstream
    }
  }
}

extension Composed {
  package static func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, residual: Tensor?) -> Tensor {
    var output = x.matmul(weight.transposed(0, 1))
    if let bias { output = output + bias }
    if let residual { output = output + residual }
    return output
  }
}

extension CPUBackend {
  func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, residual: Tensor?) -> Tensor {
    guard x.dtype == .float32, bias != nil || residual != nil else {
      return Composed.linear(x, weight, bias: bias, residual: residual)
    }
    return profiled(.product, .init(x, weight, operationsPerElement: 2 * weight.shape[0])) {
      product(x, weight, bias: bias, residual: residual)
    }
  }

  private func product(_ x: Tensor, _ weight: Tensor, bias: Tensor?, residual: Tensor?) -> Tensor {
    let (rows, depth, width) = (x.shape[0], x.shape[1], weight.shape[0])
    let bias = bias.map { $0.isContiguous ? $0 : copy($0) }
    let residual = residual.map { $0.isContiguous ? $0 : copy($0) }
    let output = Tensor(uninitialized: [rows, width], .float32)
    let (to, first, second) = (
      output.pointer(Float.self), residual?.pointer(Float.self), bias?.pointer(Float.self)
    )
    // The product adds to what is there already.
    parallelFor(rows, grain: rowGrain(width: width)) { range in
      for row in range {
        let to = to + row * width
        if let first, let second {
          self.rows.binary(AT_ADD, width, first + row * width, second, to)
        } else if let from = first.map({ $0 + row * width }) ?? second {
          to.update(from: from, count: width)
        }
      }
    }
    at_matmul_f32(
      kernels, rows, width, depth, x.pointer(Float.self), x.strides[0], x.strides[1], weight.pointer(Float.self),
      weight.strides[1], weight.strides[0], to, width, true)
    withExtendedLifetime((x, weight, bias, residual)) {}
    return output
  }
}
