extension Tensor {
  /// `[…, m, k] · […, k, n]` → `[…, m, n]`; leading axes broadcast. Any strides: a transposed view costs no copy.
  ///
  /// - Parameter precision: with `.fast`, float32 operands are rounded to bfloat16, in the derivative's products too; sums
  ///   are float32. Micikevicius et al. 2018, arXiv:1710.03740.
  public func matmul(_ other: Tensor, precision: Precision = .exact) -> Tensor {
    let (x, y) = (self, other)
    guard x.rank >= 2, y.rank >= 2, x.shape[x.rank - 1] == y.shape[y.rank - 2],
      let batch = Shape(x.shape.dropLast(2)).broadcast(with: Shape(y.shape.dropLast(2)))
    else { shapeMismatch("matmul", x.shape, y.shape) }
    guard x.dtype == y.dtype, x.dtype.isFloatingPoint else { dtypeMismatch("matmul", x.dtype, y.dtype) }
    if y.rank == 2 && x.rank > 2 {
      // One matrix for the whole batch: all rows in one product.
      let rows = x.shape.dropLast().reduce(1, *)
      return x.reshaped([rows, y.shape[0]]).matmul(y, precision: precision).reshaped(
        x.shape.replacing(axis: x.rank - 1, with: y.shape[1]))
    }
    let (full, fullY) = (
      x.detached().rounded(for: precision).expandedBatch(batch),
      y.detached().rounded(for: precision).expandedBatch(batch)
    )
    return record(
      .matmul, backend.matmul(full, fullY), from: x, y,
      { [shape = x.shape, y = y.detached()] upstream in
        upstream.matmul(y.transposed(-1, -2), precision: precision).summed(to: shape)
      },
      { [shape = y.shape, x = x.detached(), isTransposed = y.rank == 2 && y.isTransposedView] upstream in
        // The derivative of a transposed view lies in memory as what it is a view of.
        if isTransposed && upstream.rank == 2 {
          return upstream.transposed(0, 1).matmul(x, precision: precision).transposed(0, 1)
        }
        return x.transposed(-1, -2).matmul(upstream, precision: precision).summed(to: shape)
      })
  }

  /// Whether the columns of a matrix, not its rows, lie in one piece.
  var isTransposedView: Bool { strides[0] == 1 && strides[1] != 1 }

  /// What a product of this precision multiplies.
  func rounded(for precision: Precision) -> Tensor {
    guard precision == .fast, dtype == .float32 else { return self }
    return backend.cast(backend.cast(self, to: .bfloat16), to: .float32)
  }

  private func expandedBatch(_ batch: Shape) -> Tensor {
    expanded(to: Shape(batch.map { $0 } + [shape[rank - 2], shape[rank - 1]]))
  }
}
