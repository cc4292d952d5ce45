import AttendBase
import AttendTensor
import Testing

@Suite struct ElementwiseTests {
  private typealias Example = (
    String, @Sendable (Tensor, Tensor) -> Tensor, @Sendable (Double, Double) -> Double
  )

  private static let operations: [Example] = [
    ("+", { $0 + $1 }, { $0 + $1 }), ("-", { $0 - $1 }, { $0 - $1 }), ("*", { $0 * $1 }, { $0 * $1 }),
    ("/", { $0 / $1 }, { $0 / $1 }), ("maximum", { $0.maximum($1) }, { max($0, $1) }),
    ("minimum", { $0.minimum($1) }, { min($0, $1) }),
    (".<", { $0 .< $1 }, { $0 < $1 ? 1 : 0 }), (".>=", { $0 .>= $1 }, { $0 >= $1 ? 1 : 0 }),
    (".==", { $0 .== $1 }, { $0 == $1 ? 1 : 0 }), (".!=", { $0 .!= $1 }, { $0 != $1 ? 1 : 0 }),
    (".<=", { $0 .<= $1 }, { $0 <= $1 ? 1 : 0 }), (".>", { $0 .> $1 }, { $0 > $1 ? 1 : 0 }),
  ]

  @Test(arguments: 1...150 as ClosedRange<UInt64>)
  func broadcastLikeTheirDefinition(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let full = random.shape(extent: 0...5)
    let (first, second) = (random.broadcastable(full), random.broadcastable(full))
    // Multiples of 1/4, so that equal elements occur and float32 is exact but for division.
    let x = quarters(random.tensor(first))
    let y = quarters(random.tensor(second))
    guard let shape = Shape(first).broadcast(with: Shape(second)) else {
      Issue.record("shapes that broadcast")
      return
    }
    for (name, operation, scalar) in Self.operations {
      let (a, b) = (Naive(x), Naive(y))
      let expected = Naive(Array(shape)) { scalar(a.broadcast(at: $0), b.broadcast(at: $0)) }
      #expect(isClose(operation(x, y), expected), "float64 \(name) \(first) \(second)")
      let single = operation(x.cast(to: .float32).relaid(x), y.cast(to: .float32).relaid(y))
      #expect(isClose(single, expected, 1e-6), "float32 \(name) \(first) \(second)")
      let half = operation(x.cast(to: .bfloat16), y.cast(to: .bfloat16))
      #expect(isClose(half, expected, 0x1p-8), "bfloat16 \(name) \(first) \(second)")
    }
  }

  private func quarters(_ x: Tensor) -> Tensor {
    // The layout of x with rounded elements: through the largest values of its own storage.
    x.relaidMap { ($0 * 4).rounded() / 4 }
  }

  @Test(arguments: [DType.int64, .int32, .int8, .uint8])
  func integersWrapAndDivideTowardsZero(dtype: DType) {
    let x = Tensor([7, 100, 3, 0] as [Int64]).cast(to: dtype)
    let y = Tensor([2, 100, 0, 5] as [Int64]).cast(to: dtype)
    #expect((x + y).cast(to: .int64).scalars(Int.self) == [9, dtype == .int8 ? -56 : 200, 3, 5])
    #expect((x / y).cast(to: .int64).scalars(Int.self) == [3, 1, 0, 0])
    #expect(x.maximum(y).cast(to: .int64).scalars(Int.self) == [7, 100, 3, 5])
    #expect((x .> y).scalars(Bool.self) == [true, false, true, false])
    #expect((x * 2).cast(to: .int64).scalars(Int.self) == [14, dtype == .int8 ? -56 : 200, 6, 0])
    #expect((x + 1).dtype == dtype)
  }

  @Test func integerPowers() {
    let x = Tensor([2, -3, -1, 0, 1, 5] as [Int64])
    let y = Tensor([10, 3, -3, 0, -7, -1] as [Int64])
    #expect(x.power(y).scalars(Int64.self) == [1024, -27, -1, 1, 1, 0])
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func choosesByMask(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let full = random.shape()
    let (x, y) = (random.tensor(random.broadcastable(full)), random.tensor(random.broadcastable(full)))
    let mask = random.tensor(full) .> 0
    let (a, b, m) = (Naive(x), Naive(y), Naive(mask))
    let expected = Naive(full) { m[$0] != 0 ? a.broadcast(at: $0) : b.broadcast(at: $0) }
    #expect(isClose(.where(mask, x, y), expected))
    #expect(isClose(.where(mask, x.cast(to: .float32), y.cast(to: .float32)), expected, 1e-6))
  }

  @Test func scalarsOnBothSides() {
    for dtype in [DType.float64, .float32, .bfloat16, .float16] {
      let x = Tensor([1, 2, -4] as [Float]).cast(to: dtype)
      #expect(Naive(2 - x).values == [1, 0, 6])
      #expect(Naive(x - 2).values == [-1, 0, -6])
      #expect(Naive(4 / x).values == [4, 2, -1])
      #expect(Naive(x / 4).values == [0.25, 0.5, -1])
      #expect(Naive(x * Float(2)).values == [2, 4, -8])
      #expect(Naive(x.maximum(1.5)).values == [1.5, 2, 1.5])
      #expect(Naive(x.power(2)).values == [1, 4, 16])
      #expect((2 - x).dtype == dtype)
    }
  }

  @Test func unaryFunctionsMatchTheirFormulas() {
    let x = Tensor.arange(from: 1, to: 4000, .float64) * 0.001
    let signed = x - 2
    let cases: [(String, Tensor, (Tensor) -> Tensor)] = [
      ("exp", signed, { $0.exp() }), ("log", x, { $0.log() }), ("sqrt", x, { $0.sqrt() }),
      ("rsqrt", x, { $0.rsqrt() }), ("reciprocal", x, { $0.reciprocal() }), ("squared", signed, { $0.squared() }),
      ("sin", signed, { $0.sin() }), ("cos", signed, { $0.cos() }), ("tanh", signed, { $0.tanh() }),
      ("sigmoid", signed, { $0.sigmoid() }), ("erf", signed, { $0.erf() }), ("relu", signed, { $0.relu() }),
      ("silu", signed, { $0.silu() }), ("gelu", signed, { $0.gelu() }), ("gelu tanh", signed, { $0.gelu(.tanh) }),
      ("abs", signed, { $0.abs() }), ("negate", signed, { -$0 }),
    ]
    for (name, x, function) in cases {
      #expect(isClose(function(x.cast(to: .float32)), Naive(function(x)), 2e-6), "\(name)")
      #expect(isClose(function(x.cast(to: .float16)), Naive(function(x)), 3e-3), "\(name) float16")
    }
    // float64 against known values.
    let one = Tensor.full([], 1, .float64)
    #expect(abs(one.erf().item() - 0.842700792949715) < 1e-14)
    #expect(abs(one.gelu().item() - 0.841344746068543) < 1e-14)
    #expect(abs(one.gelu(.tanh).item() - 0.841191990607477) < 1e-12)
    #expect(abs(one.silu().item() - 0.731058578630005) < 1e-14)
  }
}

extension Tensor {
  /// The same elements changed one by one, in memory that lies as `self` does.
  func relaidMap(_ function: (Double) -> Double) -> Tensor {
    let values = Naive(self).values.map(function)
    return Tensor(values, shape: shape).relaid(self)
  }

  /// The same elements, transposed in memory when `other` is not contiguous.
  func relaid(_ other: Tensor) -> Tensor {
    guard !other.isContiguous, rank >= 2 else { return self }
    return transposed(0, rank - 1).contiguous().transposed(0, rank - 1)
  }
}
