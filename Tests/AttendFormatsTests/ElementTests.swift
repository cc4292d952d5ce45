import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

@Suite struct ElementTests {
  /// The tensor of these bytes, by way of a GGUF or safetensors file.
  private func floats(_ type: ElementType, _ shape: [Int], _ bytes: [UInt8]) throws -> [Float] {
    let tensor = try TensorToWrite("t", type, shape: shape, bytes: bytes)
    if case .blocks = type {
      let file = MappedFile(copying: try GGUFWriter.bytes([tensor], metadata: GGUFMetadata()), name: "t")
      return try GGUFFile(file).tensors.tensor("t").floats()
    }
    return try SafetensorsFile(MappedFile(copying: SafetensorsWriter.bytes([tensor]), name: "t"))
      .tensors.tensor("t").floats()
  }

  private let nibbles: [UInt8] = (0..<16).map { UInt8($0 | (15 - $0) << 4) }

  @Test func unpacksQ40() throws {
    // Half precision 0.5 is 0x3800. Low nibbles are 0…15, high nibbles 15…0.
    let block = [0x00, 0x38] + nibbles
    let expected: [Float] = (0..<32).map { $0 < 16 ? 0.5 * Float($0 - 8) : 0.5 * Float(23 - $0) }
    #expect(try floats(.blocks(.q40), [2, 32], block + block) == expected + expected)
  }

  @Test func unpacksQ41() throws {
    // Scale −2 (0xC000), minimum 1.5 (0x3E00).
    let block = [0x00, 0xC0, 0x00, 0x3E] + nibbles
    let expected: [Float] = (0..<32).map { $0 < 16 ? 1.5 - 2 * Float($0) : 1.5 - 2 * Float(31 - $0) }
    #expect(try floats(.blocks(.q41), [32], block) == expected)
  }

  @Test func unpacksQ80() throws {
    // Scale 2⁻²⁴, the smallest half.
    let quants: [Int8] = (0..<32).map { Int8($0 * 8 - 128) }
    let block = [0x01, 0x00] + quants.map { UInt8(bitPattern: $0) }
    #expect(try floats(.blocks(.q80), [1, 32], block) == quants.map { 0x1p-24 * Float($0) })
  }

  @Test func convertsDenseTypes() throws {
    #expect(try floats(.dense(.float64), [1], [0, 0, 0, 0, 0, 0, 0xF8, 0xBF]) == [-1.5])
    #expect(try floats(.dense(.int64), [1], [0xFE, 255, 255, 255, 255, 255, 255, 255]) == [-2])
    #expect(try floats(.dense(.int32), [2], [1, 0, 0, 0, 0, 0, 0, 0x80]) == [1, -2_147_483_648])
    #expect(try floats(.dense(.int8), [2], [0x80, 0x7F]) == [-128, 127])
    #expect(try floats(.dense(.uint8), [2], [0x80, 0x7F]) == [128, 127])
    #expect(try floats(.dense(.bool), [3], [0, 1, 2]) == [0, 1, 1])
    #expect(try floats(.dense(.bfloat16), [2], [0x80, 0x7F, 0x49, 0x40]) == [.infinity, 3.140625])
    #expect(try floats(.dense(.float16), [0, 7], []) == [])
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func halvesAreExact() {
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let value = float(halfBits: bits)
        #expect(value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN, "\(bits)")
      }
    }
  #endif

  @Test func countsElements() {
    #expect(elementCount(of: []) == 1)
    #expect(elementCount(of: [2, 3]) == 6)
    #expect(elementCount(of: [Int.max, 2]) == nil)
    #expect(elementCount(of: [Int.max, 0]) == 0)
    // Empty, but strides would overflow.
    #expect(elementCount(of: [Int.max, 0, Int.max]) == nil)
    #expect(elementCount(of: [-1, 0]) == nil)
    #expect(byteCount(of: [2, 64], elementsPerBlock: 32, bitsPerBlock: 144) == 72)
    #expect(byteCount(of: [64, 2], elementsPerBlock: 32, bitsPerBlock: 144) == nil)
    #expect(byteCount(of: [3], elementsPerBlock: 1, bitsPerBlock: 4) == nil)
    #expect(byteCount(of: [1 << 60], elementsPerBlock: 1, bitsPerBlock: 32) == nil)
  }
}
