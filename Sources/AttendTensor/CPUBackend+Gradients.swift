import CAttend

// Derivatives of row-wise operations in float32, fused. Sums over rows are made of the sums of fixed blocks of rows, so
// that threads do not change them.

extension CPUBackend {
  private var gradients: at_gradient_kernels { kernels.pointee.gradients.pointee }

  func activationGradient(_ operation: UnaryOperation, _ x: Tensor, _ upstream: Tensor) -> Tensor {
    guard x.dtype == .float32 else { return Composed.activationGradient(operation, x, upstream) }
    let x = x.isContiguous ? x : copy(x)
    let upstream = upstream.isContiguous ? upstream : copy(upstream)
    defer { withExtendedLifetime((x, upstream)) {} }
    let output = Tensor(uninitialized: x.shape, .float32)
    let (from, up, to) = (x.pointer(Float.self), upstream.pointer(Float.self), output.pointer(Float.self))
    let gradients = gradients
    parallelFor(x.count, grain: operation.isCheap ? elementGrain : elementGrain / 8) { range in
      let start = range.lowerBound
      gradients.unary(operation.kernel, range.count, from + start, up + start, to + start)
    }
    return output
  }

  func normGradients(_ norm: Norm, _ x: Tensor, _ weight: Tensor?, _ upstream: Tensor) -> NormGradients {
    guard x.dtype == .float32, weight.map({ $0.dtype == .float32 }) ?? true else {
      return Composed.normGradients(norm, x, weight, upstream)
    }
    let x = x.isContiguous ? x : copy(x)
    let weight = weight.map { $0.isContiguous ? $0 : copy($0) }
    let upstream = upstream.isContiguous ? upstream : copy(upstream)
    defer { withExtendedLifetime((x, weight, upstream)) {} }
    let width = x.shape[x.rank - 1]
    let rows = width == 0 ? 0 : x.count / width
    let output = Tensor(uninitialized: x.shape, .float32)
    let blocks = max((rows + Self.rowBlock - 1) / Self.rowBlock, 1)
    // Of the weight, then of the bias, for each block.
    let partial = Tensor.zeros([blocks, 2 * width], .float32)
    let (from, up, to) = (x.pointer(Float.self), upstream.pointer(Float.self), output.pointer(Float.self))
    let sums = partial.pointer(Float.self)
    var layout = at_norm(
      centred: norm.isCentred, width: width, epsilon: Float(norm.epsilon), weight: weight?.pointer(Float.self),
      offset: Float(norm.offset))
    let gradients = gradients
    withUnsafePointer(to: &layout) { layout in
      parallelFor(rows == 0 ? 0 : blocks, grain: rowGrain(width: width * Self.rowBlock)) { range in
        for block in range {
          let start = block * Self.rowBlock
          let place = start * width
          gradients.norm(
            layout, min(Self.rowBlock, rows - start), from + place, up + place, to + place, sums + 2 * block * width,
            sums + (2 * block + 1) * width)
        }
      }
    }
    let total = blocks == 1 ? partial : sumOfRows(partial, rows: blocks, width: 2 * width)
    let both = total.reshaped([2, width])
    return NormGradients(x: output, weight: both.selected(axis: 0, 0), bias: both.selected(axis: 0, 1))
  }

  /// The sums of the columns of `rows` × `width` numbers, `[width]`.
  func sumOfRows(_ x: Tensor, rows: Int, width: Int) -> Tensor {
    let blocks = max((rows + Self.rowBlock - 1) / Self.rowBlock, 1)
    let partial = Tensor.zeros([blocks * width], .float32)
    let (from, to) = (x.pointer(Float.self), partial.pointer(Float.self))
    let gradients = gradients
    parallelFor(blocks, grain: rowGrain(width: width * Self.rowBlock)) { range in
      for block in range {
        let start = block * Self.rowBlock
        gradients.add_rows(
          min(Self.rowBlock, rows - start), width, from + start * width, width, to + block * width)
      }
    }
    return blocks == 1 ? partial : sumOfRows(partial, rows: blocks, width: width)
  }

  /// Rows whose sum is one term of the whole.
  private static let rowBlock = 128
}
