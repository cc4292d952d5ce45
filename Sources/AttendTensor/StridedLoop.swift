/// A walk over up to three strided arrays of one shape at once, as runs along the innermost axis. Adjacent axes that
/// lie in one piece in all arrays are merged first, so runs are as long as they can be.
struct StridedLoop {
  private var extents: Dimensions
  private var first: Dimensions
  private var second: Dimensions
  private var third: Dimensions
  /// Elements of a run.
  private(set) var run = 1
  /// Strides along a run.
  private(set) var runStrides = (first: 0, second: 0, third: 0)
  /// Number of runs; 0 when the shape is empty.
  private(set) var runs = 1

  init(_ shape: Shape, _ first: Dimensions, _ second: Dimensions, _ third: Dimensions? = nil) {
    let third = third ?? Dimensions(repeating: 0, count: shape.rank)
    extents = Dimensions(repeating: 0, count: 0)
    (self.first, self.second, self.third) = (extents, extents, extents)
    for axis in 0..<shape.rank where shape[axis] != 1 {
      let extent = shape[axis]
      let last = extents.count - 1
      if last >= 0, self.first[last] == first[axis] * extent, self.second[last] == second[axis] * extent,
        self.third[last] == third[axis] * extent
      {
        extents[last] *= extent
        (self.first[last], self.second[last], self.third[last]) = (first[axis], second[axis], third[axis])
      } else {
        extents.append(extent)
        self.first.append(first[axis])
        self.second.append(second[axis])
        self.third.append(third[axis])
      }
    }
    if extents.count > 0 {
      let last = extents.count - 1
      run = extents[last]
      runStrides = (self.first[last], self.second[last], self.third[last])
      extents.remove(at: last)
      self.first.remove(at: last)
      self.second.remove(at: last)
      self.third.remove(at: last)
    }
    for axis in 0..<extents.count { runs *= extents[axis] }
    if run == 0 { runs = 0 }
  }

  /// Calls `body` with the number of each run in `range` and where it starts in each array.
  @inline(__always)
  func forEachRun(_ range: Range<Int>, _ body: (_ run: Int, _ first: Int, _ second: Int, _ third: Int) -> Void) {
    if extents.count == 0 {
      if !range.isEmpty { body(0, 0, 0, 0) }
      return
    }
    var index = Dimensions(repeating: 0, count: extents.count)
    var (firstOffset, secondOffset, thirdOffset) = (0, 0, 0)
    var rest = range.lowerBound
    for axis in (0..<extents.count).reversed() where extents[axis] > 0 {
      index[axis] = rest % extents[axis]
      rest /= extents[axis]
      firstOffset += index[axis] * first[axis]
      secondOffset += index[axis] * second[axis]
      thirdOffset += index[axis] * third[axis]
    }
    for run in range {
      body(run, firstOffset, secondOffset, thirdOffset)
      var axis = extents.count - 1
      while axis >= 0 {
        index[axis] += 1
        firstOffset += first[axis]
        secondOffset += second[axis]
        thirdOffset += third[axis]
        if index[axis] < extents[axis] { break }
        firstOffset -= first[axis] * extents[axis]
        secondOffset -= second[axis] * extents[axis]
        thirdOffset -= third[axis] * extents[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// Runs a thread should take at least.
  var grain: Int { max(1, elementGrain / max(run, 1)) }
}
