import AttendTensor
import AttendTestSupport
import Testing

/// Floats as blocks and back.
@Suite struct EncodingTests {
  static let formats: [BlockFormat] = [.q40, .q41, .q50, .q51, .q80, .q4K, .q5K, .q6K]

  /// What comes back, or nil when the format cannot hold the numbers.
  private func roundTrip(_ floats: [Float], _ format: BlockFormat) -> [Float]? {
    let type = ElementType.blocks(format)
    var bytes = [UInt8](repeating: 0xAA, count: floats.count / format.elementsPerBlock * format.bytesPerBlock)
    let fits = floats.withUnsafeBufferPointer { floats in
      bytes.withUnsafeMutableBytes { type.encode(floats, into: $0) }
    }
    guard fits else { return nil }
    return [Float](unsafeUninitializedCapacity: floats.count) { result, count in
      bytes.withUnsafeBytes { format.unpack($0, into: result) }
      count = floats.count
    }
  }

  private func noise(_ count: Int, _ seed: UInt64) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      // Sums of uniform numbers are nearly normal.
      (0..<6).reduce(Float(0)) { sum, _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return sum + Float(state >> 40) / Float(1 << 24) - 0.5
      }
    }
  }

  private func relativeError(_ x: [Float], _ y: [Float]) -> Float {
    let error = zip(x, y).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (error / x.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  /// Root mean squares of errors relative to those of normal numbers, and what a scale that just spans a block gives
  /// (measured with the encoder's search taken away): the search has to be better than that.
  @Test(arguments: [
    (BlockFormat.q40, Float(0.094)), (.q41, 0.076), (.q50, 0.047), (.q51, 0.037), (.q80, 0.0065), (.q4K, 0.077),
    (.q5K, 0.039), (.q6K, 0.020),
  ])
  func errorsOfNormalNumbers(_ format: BlockFormat, _ bound: Float) throws {
    let x = noise(256 * 64, 7)
    let y = try #require(roundTrip(x, format))
    #expect(relativeError(x, y) < bound, "\(relativeError(x, y))")
  }

  /// Numbers that the format can hold come back as they are, where a block uses its extreme codes.
  @Test(arguments: [BlockFormat.q40, .q41, .q50, .q51, .q80])
  func whatCanBeHeldIsKept(_ format: BlockFormat) throws {
    let once = try #require(roundTrip(noise(32 * 500, 3), format))
    #expect(roundTrip(once, format) == once)
  }

  @Test(arguments: formats) func oddBlocks(_ format: BlockFormat) throws {
    let count = 512
    #expect(roundTrip([Float](repeating: 0, count: count), format) == [Float](repeating: 0, count: count))
    for constant in [Float(1), -3.5, 0.02] {
      let y = try #require(roundTrip([Float](repeating: constant, count: count), format))
      #expect(y.allSatisfy { abs($0 - constant) <= 0.02 * abs(constant) }, "\(constant): \(y[0])")
    }
    // Far below what half precision holds: zeros.
    for tiny in [Float.leastNonzeroMagnitude, 1e-30, -1e-12] {
      let y = try #require(roundTrip([Float](repeating: tiny, count: count), format))
      #expect(y.allSatisfy { abs($0) <= 1e-6 })
    }
    // One large element: the others are lost, it is not.
    var outlier = noise(count, 11).map { $0 * 0.001 }
    outlier[77] = 100
    let y = try #require(roundTrip(outlier, format))
    #expect(abs(y[77] - 100) < 2)
    #expect(y.indices.allSatisfy { $0 == 77 || abs(y[$0]) < 12 })
    let negative = try #require(roundTrip(noise(count, 5).map { -abs($0) - 2 }, format))
    #expect(negative.allSatisfy { $0 < -1 && $0 > -6 })
    for bad in [Float.nan, .infinity, -.infinity, 1e30] {
      var x = noise(count, 2)
      x[300] = bad
      #expect(roundTrip(x, format) == nil, "\(bad)")
    }
    #expect(roundTrip([], format) == [])
  }

  /// A block's bytes depend on its elements alone.
  @Test(arguments: formats) func blocksAreIndependent(_ format: BlockFormat) throws {
    let x = noise(1024, 9)
    let whole = try #require(roundTrip(x, format))
    for start in stride(from: 0, to: x.count, by: 256) {
      #expect(roundTrip(Array(x[start..<start + 256]), format) == Array(whole[start..<start + 256]))
    }
  }

  @Test func denseTypes() {
    #expect(ElementType.dense(.bfloat16).canBeEncoded && !ElementType.dense(.int32).canBeEncoded)
    #expect(!ElementType.blocks(.mxfp4).canBeEncoded)
    func encode(_ x: [Float], _ type: DType) -> [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: x.count * type.byteCount)
      let fits = x.withUnsafeBufferPointer { x in
        bytes.withUnsafeMutableBytes { ElementType.dense(type).encode(x, into: $0) }
      }
      return fits ? bytes : nil
    }
    #expect(encode([1, -2], .bfloat16) == [0x80, 0x3F, 0x00, 0xC0])
    #expect(encode([1, -2], .float16) == [0x00, 0x3C, 0x00, 0xC0])
    #expect(encode([70_000], .float16) == nil)
    #expect(encode([.infinity], .float16) == [0x00, 0x7C])
  }
}
