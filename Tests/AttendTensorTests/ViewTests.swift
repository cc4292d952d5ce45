import AttendBase
import AttendTensor
import Testing

@Suite struct ViewTests {
  /// Chains of random views against the same steps on a list of numbers.
  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func chainsOfViewsMatchTheirDefinition(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let shape = random.shape()
    var tensor = random.tensor(shape)
    var expected = Naive(tensor.contiguous())
    for _ in 0..<6 {
      (tensor, expected) = step(tensor, expected, &random)
      #expect(Naive(tensor) == expected)
      #expect(tensor.count == expected.values.count)
    }
  }

  private func step(_ x: Tensor, _ naive: Naive, _ random: inout SeededRandom) -> (Tensor, Naive) {
    let shape = naive.shape
    let axis = shape.isEmpty ? 0 : Int.random(in: 0..<shape.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0 where shape.count >= 2:
      let other = Int.random(in: 0..<shape.count, using: &random)
      var new = shape
      new.swapAt(axis, other)
      let result = Naive(new) { index in
        var index = index
        index.swapAt(axis, other)
        return naive[index]
      }
      return (x.transposed(axis, other), result)
    case 1 where !shape.isEmpty:
      let start = Int.random(in: 0...shape[axis], using: &random)
      let end = Int.random(in: start...shape[axis], using: &random)
      var new = shape
      new[axis] = end - start
      let result = Naive(new) { index in
        var index = index
        index[axis] += start
        return naive[index]
      }
      return (x.sliced(axis: axis - shape.count, start..<end), result)
    case 2 where shape.count < 5:
      let new = [2] + shape
      return (x.expanded(to: Shape(new)), Naive(new) { naive.broadcast(at: $0) })
    case 3 where shape.count < 6:
      var new = shape
      new.insert(1, at: axis)
      return (x.unsqueezed(axis), Naive(new, naive.values))
    case 4:
      if let one = shape.firstIndex(of: 1) {
        var new = shape
        new.remove(at: one)
        return (x.squeezed(one), Naive(new, naive.values))
      }
      return (x.flattened(), Naive([naive.values.count], naive.values))
    default:
      let new = factors(naive.values.count, &random)
      return (x.reshaped(Shape(new)), Naive(new, naive.values))
    }
  }

  /// A random shape with this many elements.
  private func factors(_ count: Int, _ random: inout SeededRandom) -> [Int] {
    if count == 0 { return [2, 0] }
    var rest = count
    var shape: [Int] = []
    while rest > 1 && shape.count < 4 {
      let divisors = (1...rest).filter { rest % $0 == 0 }
      let divisor = divisors[Int.random(in: 0..<divisors.count, using: &random)]
      shape.append(divisor)
      rest /= divisor
    }
    return shape + (rest > 1 || Bool.random(using: &random) ? [rest] : [])
  }

  @Test func reshapingSharesMemoryWhereStridesAllowIt() {
    let x = Tensor.zeros([4, 6, 5])
    let start = x.withBytes { $0 }
    // Splitting an axis and merging neighbours keep the elements where they are.
    let view = x.transposed(0, 2).reshaped([5, 2, 3, 4])
    #expect(sharesMemory(view, x))
    #expect(x.sliced(axis: 0, 1..<3).reshaped([60]).withBytes { $0 } == start + 30 * 4 * 1)
    // A transposition undone by a merge cannot be.
    #expect(!sharesMemory(x.transposed(0, 1).reshaped([24, 5]), x))
  }

  private func sharesMemory(_ first: Tensor, _ second: Tensor) -> Bool {
    ObjectIdentifier(first.storageOwner) == ObjectIdentifier(second.storageOwner)
  }

  @Test func contiguityIgnoresExtentsOfOne() {
    #expect(Tensor.zeros([3, 1]).transposed(0, 1).isContiguous)
    #expect(!Tensor.zeros([3, 2]).transposed(0, 1).isContiguous)
    #expect(!Tensor.zeros([1]).expanded(to: [3]).isContiguous)
    #expect(Tensor.zeros([0, 2]).transposed(0, 1).isContiguous)
    #expect(Tensor.zeros([4, 3]).sliced(axis: 0, 1..<3).isContiguous)
  }

  @Test func largeCopiesOnSeveralThreads() {
    let x = Tensor.arange(300 * 517, .float32).reshaped([300, 517])
    let copy = x.transposed(0, 1).contiguous()
    let values: [Float] = copy.scalars()
    #expect(values.indices.allSatisfy { values[$0] == Float($0 % 300 * 517 + $0 / 300) })
    #expect(copy.transposed(0, 1).scalars(Float.self) == x.scalars())
  }
}
