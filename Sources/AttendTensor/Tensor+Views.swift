extension Tensor {
  /// Another look at the same storage.
  private func view(_ shape: Shape, _ strides: Dimensions, offset: Int = 0) -> Tensor {
    Tensor(
      box: TensorBox(
        storage: box.storage, shape: shape, strides: strides, offset: box.offset + offset, dtype: dtype))
  }

  /// The same elements in row-major order under another shape. Copies only when no strides describe the result.
  public func reshaped(_ shape: Shape) -> Tensor {
    let old = self.shape
    if shape == old { return self }
    guard shape.elementCount == old.elementCount else { shapeMismatch("reshaped", old, shape) }
    let strides = isContiguous ? shape.contiguousStrides : reshapedStrides(shape)
    let output = strides.map { view(shape, $0) } ?? backend.copy(self).view(shape, shape.contiguousStrides)
    return record(.reshaped, output, from: self) { upstream in upstream.reshaped(old) }
  }

  /// One dimension.
  public func flattened() -> Tensor { reshaped([count]) }

  /// Strides under which this strided tensor has `new` shape, or `nil`: dimensions that are split or merged must lie
  /// in one run of memory.
  private func reshapedStrides(_ new: Shape) -> Dimensions? {
    if count == 0 { return new.contiguousStrides }
    let old = (0..<rank).filter { shape[$0] != 1 }
    var result = new.contiguousStrides
    var (oldIndex, newIndex) = (0, 0)
    while oldIndex < old.count {
      // The smallest groups of old and new dimensions with the same number of elements.
      var oldEnd = oldIndex + 1
      var newEnd = newIndex
      var oldCount = shape[old[oldIndex]]
      var newCount = 1
      while newCount != oldCount || newEnd == newIndex {
        if newCount < oldCount || newEnd == newIndex {
          guard newEnd < new.rank else { return nil }
          newCount *= new[newEnd]
          newEnd += 1
        } else {
          guard oldEnd < old.count else { return nil }
          oldCount *= shape[old[oldEnd]]
          oldEnd += 1
        }
      }
      for index in oldIndex..<oldEnd - 1
      where strides[old[index]] != strides[old[index + 1]] * shape[old[index + 1]] { return nil }
      var stride = strides[old[oldEnd - 1]]
      for index in (newIndex..<newEnd).reversed() {
        result[index] = stride
        stride *= new[index]
      }
      (oldIndex, newIndex) = (oldEnd, newEnd)
    }
    return result
  }

  /// Exchanges two axes; negative ones count from the end.
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    let first = shape.resolve(axis: first, "transposed")
    let second = shape.resolve(axis: second, "transposed")
    var (shape, strides) = (self.shape, self.strides)
    (shape[first], shape[second]) = (shape[second], shape[first])
    (strides[first], strides[second]) = (strides[second], strides[first])
    return record(.permuted, view(shape, strides), from: self) { upstream in upstream.transposed(first, second) }
  }

  /// Axis `i` of the result is axis `axes[i]` of this tensor.
  public func permuted(_ axes: [Int]) -> Tensor {
    let axes = axes.map { shape.resolve(axis: $0, "permuted") }
    guard Set(axes).count == rank && axes.count == rank else { shapeMismatch("permuted by \(axes)", shape) }
    let output = view(Shape(axes.map { shape[$0] }), Dimensions(axes.map { strides[$0] }))
    return record(.permuted, output, from: self) { upstream in
      upstream.permuted(axes.indices.sorted { axes[$0] < axes[$1] })
    }
  }

  /// The part `range` of one axis.
  public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = shape.resolve(axis: axis, "sliced")
    let extent = shape[axis]
    guard range.lowerBound >= 0 && range.upperBound <= extent else { shapeMismatch("sliced to \(range)", shape) }
    if range.count == extent { return self }
    let output = view(
      shape.replacing(axis: axis, with: range.count), strides, offset: strides[axis] * range.lowerBound)
    return record(
      .sliced, output, from: self,
      adding: { [shape] upstream, sum in
        Tensor.accumulate(upstream, at: range.lowerBound, axis: axis, of: shape, into: &sum)
      })
  }

  /// Element `index` of one axis, which disappears.
  public func selected(axis: Int, _ index: Int) -> Tensor {
    let axis = shape.resolve(axis: axis, "selected")
    guard index >= 0 && index < shape[axis] else { shapeMismatch("selected \(index) of axis \(axis)", shape) }
    return sliced(axis: axis, index..<index + 1).squeezed(axis)
  }

  /// Repeats axes of extent 1, and new leading axes, as NumPy broadcasting does; no copy.
  public func expanded(to shape: Shape) -> Tensor {
    let old = self.shape
    if shape == old { return self }
    guard old.broadcast(with: shape) == shape else { shapeMismatch("expanded", old, shape) }
    return record(.expanded, view(shape, broadcastStrides(to: shape)), from: self) { upstream in
      upstream.summed(to: old)
    }
  }

  /// The strides of this tensor seen in a shape that it broadcasts to.
  func broadcastStrides(to shape: Shape) -> Dimensions {
    var result = Dimensions(repeating: 0, count: shape.rank)
    let lead = shape.rank - rank
    for index in 0..<rank where self.shape[index] == shape[lead + index] { result[lead + index] = strides[index] }
    return result
  }

  /// A new axis of extent 1 before `axis`; −1 puts it last.
  public func unsqueezed(_ axis: Int) -> Tensor {
    let axis = axis < 0 ? axis + rank + 1 : axis
    guard axis >= 0 && axis <= rank else { shapeMismatch("unsqueezed at \(axis)", shape) }
    var (dimensions, strides) = (shape.dimensions, self.strides)
    dimensions.insert(1, at: axis)
    strides.insert(0, at: axis)
    return record(.reshaped, view(Shape(dimensions), strides), from: self) { upstream in upstream.squeezed(axis) }
  }

  /// Without `axis`, whose extent must be 1.
  public func squeezed(_ axis: Int) -> Tensor {
    let axis = shape.resolve(axis: axis, "squeezed")
    guard shape[axis] == 1 else { shapeMismatch("squeezed axis \(axis)", shape) }
    var (dimensions, strides) = (shape.dimensions, self.strides)
    dimensions.remove(at: axis)
    strides.remove(at: axis)
    return record(.reshaped, view(Shape(dimensions), strides), from: self) { upstream in upstream.unsqueezed(axis) }
  }
}

extension Tensor {
  /// Sums over what broadcasting from `shape` repeated: the derivative of a broadcast.
  package func summed(to shape: Shape) -> Tensor {
    if self.shape == shape { return self }
    let lead = rank - shape.rank
    let axes = (0..<rank).filter { $0 < lead || (shape[$0 - lead] == 1 && self.shape[$0] != 1) }
    return sum(axes: axes, keepingDimensions: true).reshaped(shape)
  }
}
