package enum Reduction: Sendable {
  case sum, max, min
}

extension Tensor {
  /// Sum over `axes` (all of them for `nil`; negative ones count from the end). The sum of nothing is 0.
  public func sum(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let old = shape
    let axes = old.resolve(axes: axes, "sum")
    let output = backend.reduce(.sum, self, axes: axes)
      .reshaped(old.reduced(axes: axes, keepingDimensions: keepingDimensions))
    return record(.sum, output, from: self) { upstream in
      upstream.reshaped(old.reduced(axes: axes, keepingDimensions: true)).expanded(to: old)
    }
  }

  /// Mean over `axes`.
  public func mean(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let resolved = shape.resolve(axes: axes, "mean")
    let reduced = resolved.reduce(1) { $0 * shape[$1] }
    return sum(axes: resolved, keepingDimensions: keepingDimensions) / Double(reduced)
  }

  /// Mean of (x − mean)² over `axes`: divided by the number of elements, not by one less.
  public func variance(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let centered = self - mean(axes: axes, keepingDimensions: true)
    return centered.squared().mean(axes: axes, keepingDimensions: keepingDimensions)
  }

  /// Largest element over `axes`, which must not be empty. Equal largest elements share the gradient.
  public func max(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    extremum(.max, .max, axes, keepingDimensions)
  }

  /// Smallest element over `axes`, which must not be empty. Equal smallest elements share the gradient.
  public func min(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    extremum(.min, .min, axes, keepingDimensions)
  }

  private func extremum(
    _ reduction: Reduction, _ operation: Operation, _ axes: [Int]?, _ keepingDimensions: Bool
  ) -> Tensor {
    let axes = shape.resolve(axes: axes, operation.rawValue)
    guard !axes.contains(where: { shape[$0] == 0 }) else { shapeMismatch(operation.rawValue, shape) }
    let kept = shape.reduced(axes: axes, keepingDimensions: true)
    let values = backend.reduce(reduction, self, axes: axes).reshaped(kept)
    let output = values.reshaped(shape.reduced(axes: axes, keepingDimensions: keepingDimensions))
    return record(operation, output, self) { upstream, x in
      let hits = (x .== values).cast(to: x.dtype)
      return hits * (upstream.reshaped(kept) / hits.sum(axes: axes, keepingDimensions: true))
    }
  }

  /// Index (int64) of the first largest element along `axis`, which disappears. NaN never wins; where all are NaN, 0.
  public func argmax(axis: Int = -1) -> Tensor {
    let axis = shape.resolve(axis: axis, "argmax")
    guard shape[axis] > 0 else { shapeMismatch("argmax", shape) }
    return backend.argmax(detached().movingLast(axis))
  }

  /// This tensor with `axis` moved to the end.
  package func movingLast(_ axis: Int) -> Tensor {
    if axis == rank - 1 { return self }
    return permuted((0..<rank).filter { $0 != axis } + [axis])
  }

  /// Undoes ``movingLast(_:)``.
  package func movingBack(_ axis: Int) -> Tensor {
    if axis == rank - 1 { return self }
    var axes = Array(0..<rank - 1)
    axes.insert(rank - 1, at: axis)
    return permuted(axes)
  }
}
