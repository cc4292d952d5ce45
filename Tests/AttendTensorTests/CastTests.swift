import AttendTensor
import Testing

@Suite struct CastTests {
  @Test func floatsToIntegersTruncateAndClamp() {
    let x = Tensor([1.9, -1.9, 300, -300, 1e30, -1e30, .nan, .infinity] as [Double])
    #expect(x.cast(to: .int8).scalars(Int8.self) == [1, -1, 127, -128, 127, -128, 0, 127])
    #expect(x.cast(to: .uint8).scalars(UInt8.self) == [1, 0, 255, 0, 255, 0, 0, 255])
    #expect(x.cast(to: .int32).scalars(Int32.self) == [1, -1, 300, -300, .max, .min, 0, .max])
    #expect(x.cast(to: .int64).scalars(Int64.self) == [1, -1, 300, -300, .max, .min, 0, .max])
    #expect(x.cast(to: .bool).scalars(Bool.self) == Array(repeating: true, count: 8))
  }

  @Test func integersWrap() {
    let x = Tensor([300, -1, Int64.max] as [Int64])
    #expect(x.cast(to: .uint8).scalars(UInt8.self) == [44, 255, 255])
    #expect(x.cast(to: .int32).scalars(Int32.self) == [300, -1, -1])
    #expect(x.cast(to: .bool).scalars(Bool.self) == [true, true, true])
  }

  @Test func largeIntegersSurvive() {
    let x = Tensor([(1 << 53) + 1] as [Int64])
    #expect(x.cast(to: .int32).cast(to: .int64).scalars(Int64.self) == [1])
    #expect(x.cast(to: .int64).scalars(Int64.self) == [(1 << 53) + 1])
  }

  @Test func halvesRoundToNearestEven() {
    // bfloat16 has 8 significant bits: 1 + 2⁻⁸ is half way and goes to even, 1; 1 + 3·2⁻⁸ goes to 1 + 2⁻⁶.
    let x = Tensor([1 + 0x1p-8, 1 + 3 * 0x1p-8, -2.5, 3e38] as [Float])
    let expected: [Float] = [1, 1 + 0x1p-6, -2.5, Float(sign: .plus, exponent: 127, significand: 1.765625)]
    let found = x.cast(to: .bfloat16).cast(to: .float32).scalars(Float.self)
    #expect(found.prefix(3) == expected.prefix(3))
    #expect(abs(found[3] / 3e38 - 1) < 0x1p-8)
    let half = Tensor([1 + 0x1p-11, 1 + 3 * 0x1p-11, 65504, 1e6, 0x1p-24] as [Float]).cast(to: .float16)
    #expect(half.cast(to: .float32).scalars(Float.self) == [1, 1 + 0x1p-9, 65504, .infinity, 0x1p-24])
    #expect(Tensor([Float.nan]).cast(to: .bfloat16).cast(to: .float64).item().isNaN)
  }

  @Test func everyPairOfTypesKeepsSmallIntegers() {
    let values = [0, 1, 5, 100]
    for from in DType.allCases where from != .bool {
      for to in DType.allCases where to != .bool {
        let x = Tensor(values).cast(to: from).reshaped([2, 2]).transposed(0, 1)
        let y = x.cast(to: to)
        #expect(y.dtype == to)
        #expect(y.cast(to: .int64).scalars(Int.self) == [0, 5, 1, 100])
      }
    }
  }

  @Test func manyElementsOnSeveralThreads() {
    let x = Tensor.arange(200_001, .float32)
    #expect(x.cast(to: .float64).cast(to: .float32).scalars(Float.self) == x.scalars())
    let halves = x.cast(to: .bfloat16).cast(to: .float32).scalars(Float.self)
    #expect(zip(halves, x.scalars(Float.self)).allSatisfy { abs($0 - $1) <= $1 * 0x1p-8 })
  }
}
