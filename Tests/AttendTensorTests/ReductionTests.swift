import AttendBase
import AttendTensor
import Testing

@Suite struct ReductionTests {
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func reduceAnyAxesLikeTheirDefinition(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let shape = random.shape(rank: 0...5)
    let x = random.tensor(shape)
    let naive = Naive(x)
    let axes = Array(0..<shape.count).filter { _ in Bool.random(using: &random) }
    let keeping = Bool.random(using: &random)
    let kept = shape.indices.filter { !axes.contains($0) }
    var groups: [[Int]: [Double]] = [:]
    for index in Naive.indices(shape) { groups[kept.map { index[$0] }, default: []].append(naive[index]) }
    let resultShape = keeping ? shape.indices.map { axes.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
    let order = Naive.indices(kept.map { shape[$0] })
    func expected(_ function: ([Double]) -> Double) -> Naive {
      Naive(resultShape, order.map { function(groups[$0] ?? []) })
    }
    let sums = expected { $0.reduce(0, +) }
    let single = x.cast(to: .float32).relaid(x)
    #expect(isClose(x.sum(axes: axes, keepingDimensions: keeping), sums))
    #expect(isClose(single.sum(axes: axes, keepingDimensions: keeping), sums, 1e-5))
    guard !axes.contains(where: { shape[$0] == 0 }) else { return }
    let means = expected { $0.reduce(0, +) / Double($0.count) }
    #expect(isClose(x.mean(axes: axes, keepingDimensions: keeping), means))
    let maxima = expected { $0.max() ?? .nan }
    #expect(isClose(x.max(axes: axes, keepingDimensions: keeping), maxima))
    #expect(isClose(single.max(axes: axes, keepingDimensions: keeping), maxima, 1e-6))
    #expect(isClose(x.min(axes: axes, keepingDimensions: keeping), expected { $0.min() ?? .nan }))
    let variances = expected { values in
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }
    #expect(isClose(x.variance(axes: axes, keepingDimensions: keeping), variances, 1e-10))
  }

  @Test func longSumsUseAllThreadsAndOneOrder() {
    let x = Tensor.ones([1_000_003])
    #expect(x.sum().item() == 1_000_003)
    let columns = Tensor.ones([1001, 999])
    #expect(columns.sum(axes: [0]).scalars(Float.self) == Array(repeating: 1001, count: 999))
    #expect(columns.sum(axes: [1]).scalars(Float.self) == Array(repeating: 999, count: 1001))
    var random = SeededRandom(seed: 3)
    let noise = Tensor.normal([300_001], using: &random)
    #expect(noise.sum().item() == noise.sum().item())
    #expect(abs(noise.sum().item() - noise.cast(to: .float64).sum().item()) < 0.05)
  }

  @Test func integersAndCounts() {
    #expect(Tensor([1, 2, 3] as [Int32]).sum().cast(to: .int64).scalars(Int.self) == [6])
    #expect((Tensor([1.0, -1, 2]) .> 0).cast(to: .int64).sum().scalars(Int.self) == [2])
  }

  @Test func argmaxTakesTheFirst() {
    let values = [1, 5, 5, -1, 7, 0]
    for dtype in [DType.float64, .float32, .bfloat16, .int64, .int32, .int8] {
      let x = Tensor(values, shape: [2, 3]).cast(to: dtype)
      #expect(x.argmax().scalars(Int.self) == [1, 1])
      #expect(x.argmax(axis: 0).scalars(Int.self) == [0, 1, 0])
    }
    for dtype in [DType.float64, .float32] {
      let x = Tensor([.nan, 1, 3, .nan, .nan, .nan] as [Double], shape: [2, 3]).cast(to: dtype)
      #expect(x.argmax().scalars(Int.self) == [2, 0])
    }
  }
}
