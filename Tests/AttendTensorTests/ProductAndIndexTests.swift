import AttendBase
import AttendTensor
import Testing

@Suite struct ProductAndIndexTests {
  @Test(arguments: 1...120 as ClosedRange<UInt64>)
  func matmulMatchesItsDefinition(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let batch = random.shape(rank: 0...2, extent: 0...3)
    let inner = random.shape(rank: 3...3, extent: 0...9)
    let (m, k, n) = (inner[0], inner[1], inner[2])
    let x = random.tensor(random.broadcastable(batch) + [m, k])
    let y = random.tensor(random.broadcastable(batch) + [k, n])
    let (a, b) = (Naive(x), Naive(y))
    guard let common = Shape(a.shape.dropLast(2)).broadcast(with: Shape(b.shape.dropLast(2))) else { return }
    let expected = Naive(Array(common) + [m, n]) { index in
      let lead = index.dropLast(2)
      return (0..<k).reduce(0) { sum, l in
        sum + a.broadcast(at: lead + [index[index.count - 2], l]) * b.broadcast(at: lead + [l, index[index.count - 1]])
      }
    }
    #expect(isClose(x.matmul(y), expected, 1e-11))
    #expect(isClose(x.cast(to: .float32).relaid(x).matmul(y.cast(to: .float32).relaid(y)), expected, 1e-5))
  }

  @Test func largeProductsInFloat32() {
    var random = SeededRandom(seed: 5)
    let x = Tensor.normal([3, 129, 257], .float64, using: &random)
    let y = Tensor.normal([3, 65, 257], .float64, using: &random)
    let expected = Naive(x.matmul(y.transposed(1, 2)))
    let found = x.cast(to: .float32).matmul(y.cast(to: .float32).transposed(1, 2))
    #expect(isClose(found, expected, 1e-4))
    let halves = x.cast(to: .bfloat16).matmul(y.cast(to: .bfloat16).transposed(1, 2))
    #expect(halves.dtype == .bfloat16)
    #expect(isClose(halves, expected, 0.5))
  }

  @Test func gathersAndScattersRows() {
    for dtype in DType.allCases {
      let table = Tensor([0, 1, 2, 3, 4, 5], shape: [3, 2]).cast(to: dtype)
      let ids = Tensor([2, 0, 2, 1] as [Int32], shape: [2, 2])
      let rows = table.gather(rows: ids)
      #expect(rows.shape == [2, 2, 2])
      let expected = dtype == .bool ? [1, 1, 0, 1, 1, 1, 1, 1] : [4, 5, 0, 1, 4, 5, 2, 3]
      #expect(rows.cast(to: .int64).scalars(Int.self) == expected)
    }
    for dtype in [DType.float64, .float32, .bfloat16, .float16, .int64, .int32] {
      let sums = Tensor.ones([3, 2], dtype).scatterAdd(
        rows: Tensor([2, 0, 2]), Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2]).cast(to: dtype))
      #expect(Naive(sums) == Naive([3, 2], [4, 5, 1, 1, 7, 9]))
    }
    let none = Tensor([Int64]())
    #expect(Tensor.ones([3, 2]).gather(rows: none).shape == [0, 2])
    #expect(Tensor.ones([3, 2]).transposed(0, 1).gather(rows: Tensor([1])).shape == [1, 3])
  }

  @Test func takesAlongAnyAxis() {
    let x = Tensor([0.0, 1, 2, 3, 4, 5], shape: [2, 3])
    #expect(x.takeAlong(Tensor([2, 0], shape: [2, 1]), axis: 1).scalars(Double.self) == [2, 3])
    #expect(x.takeAlong(Tensor([1, 0, 1], shape: [1, 3]), axis: 0).scalars(Double.self) == [3, 1, 5])
  }

  @Test(arguments: 1...80 as ClosedRange<UInt64>)
  func concatenationAndSplitAreInverse(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let shape = random.shape(rank: 1...4)
    let axis = Int.random(in: 0..<shape.count, using: &random)
    let extents = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0...3, using: &random) }
    let parts = extents.map { extent in
      var shape = shape
      shape[axis] = extent
      return random.tensor(shape)
    }
    for dtype in [DType.float64, .float32, .bfloat16] {
      let typed = parts.map { $0.cast(to: dtype) }
      let whole = Tensor.concatenated(typed, axis: axis - shape.count)
      #expect(whole.shape[axis] == extents.reduce(0, +))
      for (part, back) in zip(typed, whole.split(extents, axis: axis)) { #expect(Naive(part) == Naive(back)) }
    }
  }
}
