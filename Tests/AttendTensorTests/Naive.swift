import AttendBase
import AttendTensor

/// A tensor by its definition: a shape and a row-major list. What the real one is compared with.
struct Naive: Equatable {
  var shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ values: [Double]) {
    self.shape = shape
    self.values = values
  }

  init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.init(shape, Naive.indices(shape).map(element))
  }

  init(_ tensor: Tensor) {
    self.init(Array(tensor.shape), tensor.cast(to: .float64).scalars())
  }

  /// All positions in row-major order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { partial, extent in partial.flatMap { index in (0..<extent).map { index + [$0] } } }
  }

  subscript(index: [Int]) -> Double {
    var position = 0
    for (index, extent) in zip(index, shape) { position = position * extent + index }
    return values[position]
  }

  /// The element that broadcasting puts at a position of a larger shape.
  func broadcast(at index: [Int]) -> Double {
    self[zip(index.suffix(shape.count), shape).map { $1 == 1 ? 0 : $0 }]
  }
}

extension SeededRandom {
  mutating func shape(rank: ClosedRange<Int> = 0...4, extent: ClosedRange<Int> = 0...4) -> [Int] {
    (0..<Int.random(in: rank, using: &self)).map { _ in
      // Empty tensors now and then, not most of the time.
      let value = Int.random(in: extent, using: &self)
      return value == 0 && Bool.random(using: &self) ? 1 : value
    }
  }

  /// A float64 tensor of this shape whose memory lies anyhow: transposed, part of a larger one, or repeated.
  mutating func tensor(_ shape: [Int], in range: Range<Double> = -2..<2) -> Tensor {
    let rank = shape.count
    switch Int.random(in: 0..<4, using: &self) {
    case 0 where rank >= 2:
      let axes = Array(0..<rank).shuffled(using: &self)
      let base = Tensor.uniform(Shape(axes.map { shape[$0] }), in: range, .float64, using: &self)
      return base.permuted((0..<rank).map { axis in axes.firstIndex(of: axis) ?? 0 })
    case 1 where rank >= 1:
      let axis = Int.random(in: 0..<rank, using: &self)
      var larger = shape
      larger[axis] += 3
      let base = Tensor.uniform(Shape(larger), in: range, .float64, using: &self)
      return base.sliced(axis: axis, 2..<2 + shape[axis])
    case 2 where rank >= 1:
      let axis = Int.random(in: 0..<rank, using: &self)
      var smaller = shape
      smaller[axis] = 1
      return Tensor.uniform(Shape(smaller), in: range, .float64, using: &self).expanded(to: Shape(shape))
    default:
      return Tensor.uniform(Shape(shape), in: range, .float64, using: &self)
    }
  }

  /// A shape that broadcasts with `shape`: some leading axes missing, some extents 1.
  mutating func broadcastable(_ shape: [Int]) -> [Int] {
    shape.dropFirst(Int.random(in: 0...shape.count, using: &self)).map { Bool.random(using: &self) ? 1 : $0 }
  }
}

func isClose(_ found: Tensor, _ expected: Naive, _ tolerance: Double = 1e-12) -> Bool {
  let found = Naive(found)
  return found.shape == expected.shape
    && zip(found.values, expected.values).allSatisfy { found, expected in
      found == expected || (found.isNaN && expected.isNaN)
        || abs(found - expected) <= tolerance * (1 + abs(expected))
    }
}
