import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

@Suite struct GGUFTests {
  @Test(arguments: [UInt32(2), 3])
  func readsBytesWrittenByHand(version: UInt32) throws {
    var builder = GGUFBytes(version: version, tensors: 2, pairs: 3)
    builder.add("general.architecture")
    builder.add(UInt32(8))
    builder.add("llama")
    builder.pair("general.alignment", type: 4, UInt32(8))
    builder.pair("llama.rope.freq_base", type: 6, Float(1e5).bitPattern)
    builder.tensor("token_embd.weight", [3, 2], type: 24, offset: 0)
    builder.tensor("scalar", [], type: 24, offset: 8)
    builder.data(9, alignment: 8)
    let file = try GGUFFile(builder.file)
    #expect(file.version == Int(version))
    #expect(file.metadata["general.architecture"]?.stringValue == "llama")
    #expect(file.metadata["llama.rope.freq_base"]?.doubleValue == 1e5)
    #expect(file.metadata["absent"] == nil)
    // GGUF lists the innermost length first.
    let embedding = try file.tensors.tensor("token_embd.weight")
    #expect(embedding.shape == [2, 3] && embedding.floats() == [0, 1, 2, 3, 4, 5])
    #expect(try file.tensors.tensor("scalar").floats() == [8])
    #expect(Array(file.tensors.names) == ["token_embd.weight", "scalar"])
  }

  @Test func everyMetadataTypeSurvivesTheRoundTrip() throws {
    let words: ByteStrings = ["a", "", "é"].reduce(into: ByteStrings()) { $0.append($1.utf8) }
    let values: [(String, GGUFValue)] = [
      ("u8", .uint8(.max)), ("i8", .int8(.min)), ("u16", .uint16(.max)), ("i16", .int16(.min)),
      ("u32", .uint32(.max)), ("i32", .int32(.min)), ("u64", .uint64(.max)), ("i64", .int64(.min)),
      ("f32", .float32(-0.1)), ("f64", .float64(0.1)), ("yes", .bool(true)), ("no", .bool(false)),
      ("text", .string("quelle idée")), ("empty", .string("")),
      ("u8s", .array(.uint8([1, 2]))), ("i8s", .array(.int8([-1]))), ("u16s", .array(.uint16([1]))),
      ("i16s", .array(.int16([-300]))), ("u32s", .array(.uint32([.max]))), ("i32s", .array(.int32([-1, 5]))),
      ("u64s", .array(.uint64([.max, 0]))), ("i64s", .array(.int64([.min]))),
      ("f32s", .array(.float32([1.5, -2]))), ("f64s", .array(.float64([1e300]))),
      ("bools", .array(.bool([true, false]))), ("words", .array(.string(words))),
      ("none", .array(.float32([]))),
      ("nested", .array(.array([.int32([1, 2]), .string(words), .array([.bool([true])]), .array([])]))),
    ]
    var metadata = GGUFMetadata()
    for (key, value) in values { metadata[key] = value }
    let bytes = try GGUFWriter.bytes([], metadata: metadata)
    let read = try GGUFFile(MappedFile(copying: bytes, name: "memory")).metadata
    #expect(read.entries.map(\.key) == values.map(\.0))
    // Written again, types and values have to give the same bytes.
    #expect(try GGUFWriter.bytes([], metadata: read) == bytes)

    #expect(read["u64"]?.intValue == nil && read["u64"]?.doubleValue == 0x1p64)
    #expect(read["i64"]?.intValue == .min && read["i8"]?.intValue == -128 && read["u32"]?.intValue == 4_294_967_295)
    #expect(read["f32"]?.intValue == nil && read["text"]?.intValue == nil && read["yes"]?.boolValue == true)
    #expect(read["i32s"]?.integers == [-1, 5] && read["i32s"]?.floats == [-1, 5])
    #expect(read["u64s"]?.integers == nil && read["f64s"]?.floats == [.infinity] && read["words"]?.floats == nil)
    #expect(read["bools"]?.bools == [true, false])
    #expect(read["words"]?.strings?.map { String(decoding: $0, as: UTF8.self) } == ["a", "", "é"])
    guard case .array(.array(let nested)) = read["nested"] else {
      Issue.record("the nested array is not one")
      return
    }
    #expect(nested.count == 4 && nested[0].integers == [1, 2])
  }

  @Test func tensorsSurviveTheRoundTrip() throws {
    var random = SeededRandom(seed: 2)
    let types: [ElementType] = [
      .dense(.float32), .dense(.float16), .dense(.bfloat16), .dense(.float64), .dense(.int8), .dense(.int32),
      .dense(.int64), .blocks(.q40), .blocks(.q41), .blocks(.q80),
    ]
    for alignment in [UInt32(1), 8, 32, 4096] {
      var tensors: [TensorToWrite] = []
      var contents: [[UInt8]] = []
      for (number, type) in types.shuffled(using: &random).enumerated() {
        var shape = (0..<Int.random(in: 0...2, using: &random)).map { _ in Int.random(in: 0...4, using: &random) }
        shape.append(type.elementsPerBlock * Int.random(in: 0...3, using: &random))
        let size = shape.reduce(1, *) / type.elementsPerBlock * type.bytesPerBlock
        contents.append((0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
        try tensors.append(TensorToWrite("blk.\(number)", type, shape: shape, bytes: contents[number]))
      }
      var metadata = GGUFMetadata()
      metadata["general.alignment"] = .uint32(alignment)
      let bytes = try GGUFWriter.bytes(tensors, metadata: metadata)
      let file = try GGUFFile(MappedFile(copying: bytes, name: "memory"))
      #expect(Array(file.tensors.names) == tensors.map(\.name))
      for (tensor, content) in zip(tensors, contents) {
        let view = try file.tensors.tensor(tensor.name)
        #expect(view.elementType == tensor.elementType && view.shape == tensor.shape)
        #expect(view.withUnsafeBytes { Array($0) } == content)
        #expect(view.byteRange.lowerBound % Int(alignment) == 0)
      }
      // A copy of the views is the same file.
      #expect(
        try GGUFWriter.bytes(file.tensors.entries.map { try TensorToWrite($0.view()) }, metadata: metadata) == bytes)
    }
  }

  @Test func typesThatCannotBeReadDoNotHideTheOthers() throws {
    var builder = GGUFBytes(tensors: 2, pairs: 0)
    builder.tensor("k", [256, 1], type: 16, offset: 0)
    builder.tensor("v", [1], type: 24, offset: 96)
    builder.data(97)
    let file = try GGUFFile(builder.file)
    #expect(try file.tensors.tensor("v").floats() == [96])
    #expect(file.tensors.entry("k")?.typeName == "IQ2_XXS" && file.tensors.entry("k")?.byteRange.count == 66)
    expectError(.unsupported, "IQ2_XXS", "not supported yet") { try file.tensors.tensor("k") }
  }

  @Test func anEmptyTensorNeedsNoData() throws {
    var builder = GGUFBytes(tensors: 1, pairs: 0)
    builder.tensor("e", [0], type: 0, offset: 0)
    // The data would start at byte 64.
    #expect(builder.bytes.count < 64)
    let view = try GGUFFile(builder.file).tensors.tensor("e")
    #expect(view.shape == [0] && view.floats() == [] && view.withUnsafeBytes { $0.isEmpty })
  }

  @Test func refusesWhatItCannotRead() {
    func versioned(_ version: UInt32) -> MappedFile { GGUFBytes(version: version, tensors: 0, pairs: 0).file }
    expectError(.unsupported, "version 1") { try GGUFFile(versioned(1)) }
    expectError(.unsupported, "version 4") { try GGUFFile(versioned(4)) }
    expectError(.unsupported, "big-endian") { try GGUFFile(versioned(3 << 24)) }
    expectError(.damagedFile, "GGUF") { try GGUFFile(MappedFile(copying: Array("PK\u{3}\u{4}".utf8), name: "t")) }
    expectError(.unsupported, "GGML") { try GGUFFile(MappedFile(copying: Array("tjgg....".utf8), name: "t")) }
  }

  /// A tensor's line: name, lengths innermost first, type, offset.
  typealias Line = (name: String, lengths: [UInt64], type: UInt32, offset: UInt64)

  static let damagedDirectories: [(reason: String, lines: [Line])] = [
    ("overlap", [("a", [UInt64(9)], UInt32(24), UInt64(0)), ("b", [1], 24, 0)]),
    ("overlap", [("b", [1], 24, 32), ("a", [33], 24, 0)]),
    ("occurs twice", [("a", [1], 24, 0), ("a", [1], 24, 32)]),
    ("not a multiple of 32", [("a", [1], 24, 8)]),
    ("needs 65 bytes", [("a", [65], 24, 0)]),
    ("needs 33 bytes from 32", [("a", [33], 24, 32)]),
    ("from 18446744073709551584", [("a", [33], 24, UInt64.max - 31)]),
    ("dimension of 18446744073709551615", [("a", [UInt64.max], 24, 0)]),
    ("beyond", [("a", [1 << 62, 4], 24, 0)]),
    ("beyond", [("a", [1 << 62], 0, 0)]),
    ("9 dimensions", [("a", [1, 1, 1, 1, 1, 1, 1, 1, 1], 24, 0)]),
    ("rows of 33", [("a", [33, 32], 8, 0)]),
    ("rows of 1", [("a", [], 2, 0)]),
  ]

  @Test(arguments: damagedDirectories)
  func refusesDamagedDirectories(reason: String, lines: [Line]) {
    var builder = GGUFBytes(tensors: UInt64(lines.count), pairs: 0)
    for (name, lengths, type, offset) in lines { builder.tensor(name, lengths, type: type, offset: offset) }
    builder.data(64)
    expectError(.damagedFile, "t.gguf", reason, "byte") { try GGUFFile(builder.file).tensors.tensor("a") }
  }

  @Test func refusesDamagedMetadata() {
    func expectDamage(_ reason: String, pairs: UInt64 = 1, _ build: (inout GGUFBytes) -> Void) {
      var builder = GGUFBytes(tensors: 0, pairs: pairs)
      build(&builder)
      builder.bytes += [UInt8](repeating: 0, count: 64)
      expectError(.damagedFile, "t.gguf", reason) { try GGUFFile(builder.file) }
    }
    expectDamage("occurs twice", pairs: 2) {
      $0.pair("a", type: 4, UInt32(1))
      $0.pair("a", type: 4, UInt32(1))
    }
    expectDamage("unknown value type 13") { $0.pair("a", type: 13, UInt32(0)) }
    expectDamage("boolean 2") { $0.pair("a", type: 7, UInt8(2)) }
    expectDamage("boolean 3") {
      $0.pair("a", type: 9, UInt32(7))
      $0.add(UInt64(2))
      $0.bytes += [1, 3]
    }
    expectDamage("not UTF-8") {
      $0.add("a")
      $0.add(UInt32(8))
      $0.add(UInt64(2))
      $0.bytes += [0xC3, 0x28]
    }
    expectDamage("not UTF-8") {
      $0.add(UInt64(1))
      $0.bytes += [0xFF]
    }
    for alignment in [UInt32(0), 3, 33] {
      expectDamage("power of two") { $0.pair("general.alignment", type: 4, alignment) }
    }
    expectDamage("power of two") { $0.pair("general.alignment", type: 10, UInt64(32)) }
    // Lengths that the file cannot hold, whatever they count.
    for count in [UInt64.max, 1 << 63, 1 << 40, 100] {
      expectDamage("more than", pairs: count) { _ in }
      expectDamage("more than") { $0.add(count) }
      expectDamage("more than") { $0.pair("a", type: 8, count) }
      for type in UInt32(0)...12 {
        expectDamage("more than") {
          $0.pair("a", type: 9, type)
          $0.add(count)
        }
      }
    }
    expectDamage("unknown element type 13") {
      $0.pair("a", type: 9, UInt32(13))
      $0.add(UInt64(1))
    }
    expectDamage("has 65536 bytes") { $0.add(String(repeating: "k", count: 65_536)) }
  }

  @Test func refusesEndlessNesting() {
    var deep = GGUFBytes(tensors: 0, pairs: 1)
    deep.add("a")
    deep.add(UInt32(9))
    for _ in 0..<100_000 {
      deep.add(UInt32(9))
      deep.add(UInt64(1))
    }
    expectError(.limitExceeded, "nests") { try GGUFFile(deep.file) }
    // Each of these arrays takes 12 bytes in the file and far more in memory.
    var wide = GGUFBytes(tensors: 0, pairs: 1)
    wide.add("a")
    wide.add(UInt32(9))
    wide.add(UInt32(9))
    wide.add(UInt64(1 << 20 + 1))
    for _ in 0...1 << 20 { wide.bytes += [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
    expectError(.limitExceeded, "too many arrays") { try GGUFFile(wide.file) }
  }

  @Test func theWriterRefusesNonsense() throws {
    let bool = try TensorToWrite("a", .dense(.bool), shape: [1], bytes: [1])
    expectError(.invalidInput, "bool") { try GGUFWriter.bytes([bool], metadata: GGUFMetadata()) }
    expectError(.invalidInput, "Q4_0") { try TensorToWrite("a", .blocks(.q40), shape: [32, 33], bytes: []) }
    var metadata = GGUFMetadata()
    metadata["general.alignment"] = .uint32(24)
    expectError(.invalidInput, "power of two") { try GGUFWriter.bytes([], metadata: metadata) }
  }
}
