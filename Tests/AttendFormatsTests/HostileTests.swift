import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

/// Damaged files of every kind: a reader answers with an error or reads sense, and never stops the process.
@Suite struct HostileTests {
  typealias Reader = (UnsafeRawBufferPointer) -> Void

  static func safetensorsSample() throws -> [UInt8] {
    try SafetensorsWriter.bytes(
      [
        TensorToWrite("wide", .dense(.float64), shape: [1, 2], bytes: [UInt8](repeating: 7, count: 16)),
        TensorToWrite("w\"é", shape: [2, 3], floats: [1, 2, 3, 4, 5, 6]),
        TensorToWrite("empty", .dense(.bool), shape: [0, 5], bytes: []),
        TensorToWrite("s", .dense(.int8), shape: [], bytes: [9]),
      ], metadata: ["format": "pt", "k": "\u{1F600}"])
  }

  static func ggufSample() throws -> [UInt8] {
    var metadata = GGUFMetadata()
    let words = ByteStrings(["hello", "", "wörld"])
    let values: [(String, GGUFValue)] = [
      ("general.architecture", .string("llama")), ("general.alignment", .uint32(16)),
      ("tokens", .array(.string(words))), ("scores", .array(.float32([0.5, -1]))), ("flags", .array(.bool([true]))),
      ("types", .array(.int32([1, 2, 3]))), ("nested", .array(.array([.uint8([1]), .array([.int64([2])])]))),
      ("f", .float64(2)), ("b", .bool(true)), ("n", .uint64(5)), ("h", .int16(-5)),
    ]
    for (key, value) in values { metadata[key] = value }
    return try GGUFWriter.bytes(
      [
        TensorToWrite("a", shape: [2, 3], floats: [1, 2, 3, 4, 5, 6]),
        TensorToWrite("q4_0", .blocks(.q40), shape: [2, 32], bytes: [UInt8](repeating: 0x5A, count: 36)),
        TensorToWrite("q4_1", .blocks(.q41), shape: [1, 32], bytes: [UInt8](repeating: 0x5A, count: 20)),
        TensorToWrite("q8_0", .blocks(.q80), shape: [32], bytes: [UInt8](repeating: 0x5A, count: 34)),
        TensorToWrite("h", .dense(.float16), shape: [1], bytes: [0, 0x3C]),
      ], metadata: metadata)
  }

  static let indexSample = Array(
    #"{"metadata":{"total_size":8},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-2.safetensors"}}"#
      .utf8)

  @Test func everyTruncationIsAnError() throws {
    let safetensors = try Self.safetensorsSample()
    for count in 0..<safetensors.count {
      expectError(.damagedFile, "t.safetensors") {
        try SafetensorsFile(MappedFile(copying: safetensors[..<count], name: "t.safetensors"))
      }
    }
    let gguf = try Self.ggufSample()
    // The last tensor is padded to the alignment of 16; what is cut there is not missed.
    for count in 0..<gguf.count - 14 {
      expectError(.damagedFile, "t.gguf") {
        try GGUFFile(MappedFile(copying: gguf[..<count], name: "t.gguf"))
      }
    }
    _ = try GGUFFile(MappedFile(copying: gguf[..<(gguf.count - 14)], name: "t.gguf"))
    for count in 0..<Self.indexSample.count {
      expectError(.damagedFile, "t.json") {
        try Array(Self.indexSample[..<count]).withUnsafeBytes { try ShardIndex(parsing: $0, source: "t.json") }
      }
    }
  }

  @Test func hugeNumbersEverywhere() throws {
    for (sample, reader) in try Self.samples() {
      let values: [UInt64] = [
        .max, 1 << 63, 1 << 63 - 1, 1 << 62, 1 << 61, 1 << 60, 1 << 48, 1 << 32, 1 << 31, UInt64(sample.count), 0,
      ]
      for position in 0..<sample.count {
        for value in values {
          for width in [4, 8] {
            var bytes = sample
            for (offset, byte) in withUnsafeBytes(of: value.littleEndian, { Array($0.prefix(width)) }).enumerated()
            where position + offset < bytes.count {
              bytes[position + offset] = byte
            }
            bytes.withUnsafeBytes(reader)
          }
        }
      }
    }
  }

  @Test func everyBitFlipped() throws {
    for (sample, reader) in try Self.samples() {
      for bit in 0..<sample.count * 8 {
        var bytes = sample
        bytes[bit / 8] ^= 1 << (bit % 8)
        bytes.withUnsafeBytes(reader)
      }
    }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4]) func seededMutations(seed: UInt64) throws {
    for (sample, reader) in try Self.samples() {
      var random = SeededRandom(seed: seed)
      for _ in 0..<5_000 {
        var bytes = sample
        for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, &random) }
        bytes.withUnsafeBytes(reader)
      }
    }
  }

  private static func samples() throws -> [(bytes: [UInt8], reader: Reader)] {
    [
      (try safetensorsSample(), { fuzzSafetensors($0) }), (try ggufSample(), { fuzzGGUF($0) }),
      (indexSample, { fuzzIndexJSON($0) }),
    ]
  }

  /// Changes, inserts, removes, repeats or swaps a few bytes.
  private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard bytes.count > 1 else { return }
    let position = Int.random(in: 0..<bytes.count, using: &random)
    let length = Int.random(in: 1...min(16, bytes.count - position), using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[position] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
    case 2: bytes.removeSubrange(position..<position + length)
    case 3: bytes.insert(contentsOf: bytes[position..<position + length], at: position)
    case 4: bytes.swapAt(position, Int.random(in: 0..<bytes.count, using: &random))
    default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
    }
  }
}
