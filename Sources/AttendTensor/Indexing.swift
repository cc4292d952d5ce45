// Indices are int32 or int64 and below the extent they index: whoever takes them from outside checks that first.

extension Tensor {
  /// Rows of axis 0: `table.gather(rows: ids)` has the shape of `ids`, then the other axes of `table`.
  public func gather(rows ids: Tensor) -> Tensor {
    guard rank > 0, ids.rank + rank - 1 <= Shape.maximumRank else { shapeMismatch("gather", shape, ids.shape) }
    checkIndices("gather", ids)
    return record(
      .gather, backend.gather(self, ids), from: self,
      adding: { [shape] upstream, sum in Tensor.accumulate(upstream, atRows: ids, of: shape, into: &sum) })
  }

  /// A copy with `updates` added to the rows `ids` of axis 0; a row that comes twice gets both.
  ///
  /// `updates` has the shape of `ids`, then the other axes of this tensor.
  public func scatterAdd(rows ids: Tensor, _ updates: Tensor) -> Tensor {
    guard rank > 0, Array(updates.shape) == Array(ids.shape) + Array(shape.dropFirst()) else {
      shapeMismatch("scatterAdd", shape, ids.shape, updates.shape)
    }
    guard dtype == updates.dtype else { dtypeMismatch("scatterAdd", dtype, updates.dtype) }
    checkIndices("scatterAdd", ids)
    return record(
      .scatterAdd, backend.scatterAdd(self, ids, updates), from: self, updates,
      { upstream in upstream }, { upstream in upstream.gather(rows: ids) })
  }

  /// Elements along one axis, as NumPy's `take_along_axis`: `result[…, i, …] = self[…, ids[…, i, …], …]`. The other axes
  /// of `ids` are those of this tensor.
  public func takeAlong(_ ids: Tensor, axis: Int) -> Tensor {
    let axis = shape.resolve(axis: axis, "takeAlong")
    guard ids.rank == rank, ids.shape.replacing(axis: axis, with: shape[axis]) == shape else {
      shapeMismatch("takeAlong", shape, ids.shape)
    }
    checkIndices("takeAlong", ids)
    if axis != rank - 1 {
      return movingLast(axis).takeAlong(ids.movingLast(axis), axis: -1).movingBack(axis)
    }
    return record(.takeAlong, backend.takeAlong(self, ids), from: self) { [shape] upstream in
      backend.addAlong(shape, ids, upstream)
    }
  }

  private func checkIndices(_ operation: String, _ ids: Tensor) {
    guard ids.dtype == .int64 || ids.dtype == .int32 else { dtypeMismatch(operation, ids.dtype) }
  }

  /// The tensors one after another along `axis`; their other axes are equal.
  public static func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
    guard let first = tensors.first else { shapeMismatch("concatenated") }
    let axis = first.shape.resolve(axis: axis, "concatenated")
    var offsets = [0]
    for tensor in tensors {
      guard tensor.rank == first.rank,
        tensor.shape.replacing(axis: axis, with: first.shape[axis]) == first.shape
      else { shapeMismatch("concatenated", first.shape, tensor.shape) }
      guard tensor.dtype == first.dtype else { dtypeMismatch("concatenated", first.dtype, tensor.dtype) }
      offsets.append(offsets[offsets.count - 1] + tensor.shape[axis])
    }
    if tensors.count == 1 { return first }
    return record(.concatenated, backend.concatenate(tensors, axis: axis), from: tensors) { [offsets] upstream, index in
      upstream.sliced(axis: axis, offsets[index]..<offsets[index + 1])
    }
  }

  /// Consecutive parts along `axis`, views all; `extents` add up to the axis.
  public func split(_ extents: [Int], axis: Int) -> [Tensor] {
    let axis = shape.resolve(axis: axis, "split")
    guard extents.reduce(0, +) == shape[axis] else { shapeMismatch("split into \(extents)", shape) }
    var start = 0
    return extents.map { extent in
      defer { start += extent }
      return sliced(axis: axis, start..<start + extent)
    }
  }
}
