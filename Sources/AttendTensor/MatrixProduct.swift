extension Tensor {
  /// `[…, m, k] · […, k, n]` → `[…, m, n]`; leading axes broadcast. Any strides: a transposed view costs no copy.
  public func matmul(_ other: Tensor) -> Tensor {
    let (x, y) = (self, other)
    guard x.rank >= 2, y.rank >= 2, x.shape[x.rank - 1] == y.shape[y.rank - 2],
      let batch = Shape(x.shape.dropLast(2)).broadcast(with: Shape(y.shape.dropLast(2)))
    else { shapeMismatch("matmul", x.shape, y.shape) }
    guard x.dtype == y.dtype, x.dtype.isFloatingPoint else { dtypeMismatch("matmul", x.dtype, y.dtype) }
    if y.rank == 2 && x.rank > 2 {
      // One matrix for the whole batch: all rows in one product.
      let rows = x.shape.dropLast().reduce(1, *)
      return x.reshaped([rows, y.shape[0]]).matmul(y).reshaped(x.shape.replacing(axis: x.rank - 1, with: y.shape[1]))
    }
    let (full, fullY) = (x.detached().expandedBatch(batch), y.detached().expandedBatch(batch))
    return record(
      .matmul, backend.matmul(full, fullY), from: x, y,
      { [shape = x.shape, y = y.detached()] upstream in
        upstream.matmul(y.transposed(-1, -2)).summed(to: shape)
      },
      { [shape = y.shape, x = x.detached()] upstream in
        x.transposed(-1, -2).matmul(upstream).summed(to: shape)
      })
  }

  private func expandedBatch(_ batch: Shape) -> Tensor {
    expanded(to: Shape(batch.map { $0 } + [shape[rank - 2], shape[rank - 1]]))
  }
}
