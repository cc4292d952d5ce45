import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

/// A safetensors file of any header text and data, right or wrong.
func safetensors(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> MappedFile {
  let length = length ?? UInt64(header.utf8.count)
  let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8) + data
  return MappedFile(copying: bytes, name: "t.safetensors")
}

@Suite struct SafetensorsTests {
  @Test func readsBytesWrittenByHand() throws {
    let header = #"""
      {"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}   
      """#
    let file = try SafetensorsFile(
      safetensors(header, data: [0xC0, 0x3F, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]))
    #expect(file.metadata.count == 1 && file.metadata[0] == ("format", "pt"))
    #expect(Array(file.tensors.names) == ["a", "b"])
    let a = try file.tensors.tensor("a")
    #expect(a.elementType == .dense(.bfloat16) && a.shape == [] && a.floats() == [1.5])
    let b = try file.tensors.tensor("b")
    #expect(b.elementType == .dense(.float32) && b.shape == [2, 1] && b.floats() == [1, -2])
    #expect(try file.tensors["c"] == nil)
    expectError(.parameterMismatch, "t.safetensors", "\"c\"") { try file.tensors.tensor("c") }
  }

  @Test func writesWhatTheReferenceWrites() throws {
    // From the reference library: safetensors.numpy.save({"x": float32 [1, 2], "y": int8 [3]}, {"k": "v"}).
    let bytes = try SafetensorsWriter.bytes(
      [
        TensorToWrite("y", .dense(.int8), shape: [1], bytes: [3]),
        TensorToWrite("x", shape: [2], floats: [1, 2]),
      ], metadata: ["k": "v"])
    let header =
      #"{"__metadata__":{"k":"v"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""y":{"dtype":"I8","shape":[1],"data_offsets":[8,9]}}"#
    let padded = (header.utf8.count + 7) / 8 * 8
    #expect(bytes.count == 8 + padded + 9)
    #expect(Array(bytes[..<8]) == [UInt8(padded), 0, 0, 0, 0, 0, 0, 0])
    #expect(String(decoding: bytes[8..<8 + padded], as: UTF8.self).hasPrefix(header))
    #expect(Array(bytes[(8 + padded)...]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 3])
  }

  @Test func everyTypeSurvivesTheRoundTrip() throws {
    var random = SeededRandom(seed: 1)
    for _ in 0..<50 {
      var tensors: [TensorToWrite] = []
      var contents: [String: (DType, [Int], [UInt8])] = [:]
      for (number, type) in DType.allCases.shuffled(using: &random).enumerated() {
        let shape = (0..<Int.random(in: 0...3, using: &random)).map { _ in Int.random(in: 0...4, using: &random) }
        let name = number == 0 ? "é \"\\\n\u{1F600}" : "tensor.\(number)"
        let bytes = (0..<shape.reduce(1, *) * type.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
        contents[name] = (type, shape, bytes)
        try tensors.append(TensorToWrite(name, .dense(type), shape: shape, bytes: bytes))
      }
      let written = try SafetensorsWriter.bytes(tensors, metadata: ["b": "2", "a": "1\t"])
      #expect(try written == SafetensorsWriter.bytes(tensors.reversed(), metadata: ["a": "1\t", "b": "2"]))
      let file = try SafetensorsFile(MappedFile(copying: written, name: "memory"))
      #expect(file.metadata.map(\.key) == ["a", "b"] && file.metadata.map(\.value) == ["1\t", "2"])
      #expect(file.tensors.count == contents.count)
      for (name, (type, shape, bytes)) in contents {
        let view = try file.tensors.tensor(name)
        #expect(view.elementType == .dense(type) && view.shape == shape)
        #expect(view.withUnsafeBytes { Array($0) } == bytes)
        #expect(view.byteRange.lowerBound % type.byteCount == 0)
      }
    }
  }

  @Test func anEmptyCheckpointIsOne() throws {
    let file = try SafetensorsFile(MappedFile(copying: SafetensorsWriter.bytes([]), name: "memory"))
    #expect(file.tensors.count == 0 && file.metadata.isEmpty)
  }

  @Test func typesThatCannotBeReadDoNotHideTheOthers() throws {
    let header =
      #"{"w":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]},"f":{"dtype":"F4","shape":[2],"data_offsets":[3,4]},"#
      + #""v":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}"#
    let file = try SafetensorsFile(safetensors(header, data: [1, 2, 3, 4, 5]))
    #expect(try file.tensors.tensor("v").floats() == [5])
    #expect(file.tensors.entry("w")?.typeName == "F8_E4M3")
    expectError(.unsupported, "F8_E4M3", "\"w\"") { try file.tensors["w"] }
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,5]}}"#, 5, "does not fit"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "gap"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "belong to no tensor"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, "of 3 after"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "claims the bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "claims the bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 4, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.5]}}"#, 4, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets"),
    (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "no shape"),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "no dtype"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "dimension"),
    (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "dimension"),
    (#"{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}"#, 4, "dimension"),
    (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4, "does not fit"),
    (#"{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,4]}}"#, 4, "does not fit"),
    (#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#, 1, "does not fit"),
    (#"{"a":[]}"#, 0, "not an object"),
    (#"{"__metadata__":[]}"#, 0, "__metadata__"),
    (#"{"__metadata__":{"a":1}}"#, 0, "not a string"),
    (
      #"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}"#, 8,
      ""
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3,
      "overlap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 2,
      "overlap"
    ),
    ("[]", 0, "does not start with"),
    ("", 0, "does not start with"),
    ("{", 0, ""),
    ("{}x", 0, ""),
  ])
  func refusesDamage(header: String, dataBytes: Int, reason: String) {
    expectError(.damagedFile, "t.safetensors", reason) {
      try SafetensorsFile(safetensors(header, data: [UInt8](repeating: 0, count: dataBytes)))
    }
  }

  @Test func refusesAbsurdLengths() {
    for length in [UInt64.max, 1 << 63, 100_000_001] {
      expectError(.damagedFile, "100 MB") { try SafetensorsFile(safetensors("{}", length: length)) }
    }
    for length in [UInt64(100_000_000), 3] {
      expectError(.damagedFile, "ends inside the header") { try SafetensorsFile(safetensors("{}", length: length)) }
    }
    let shape = [String](repeating: "1", count: 65).joined(separator: ",")
    expectError(.damagedFile, "65 dimensions") {
      try SafetensorsFile(safetensors(#"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,1]}}"#, data: [0]))
    }
    let nested = String(repeating: #"{"a":"#, count: 10_000)
    expectError(.limitExceeded) { try SafetensorsFile(safetensors(nested)) }
  }

  @Test func refusesNamesThatAreNotText() throws {
    var bytes = try SafetensorsWriter.bytes([TensorToWrite("abc", shape: [1], floats: [1])])
    let position = try #require(bytes.firstIndex(of: UInt8(ascii: "b")))
    bytes[position] = 0xFF
    expectError(.damagedFile) { try SafetensorsFile(MappedFile(copying: bytes, name: "t")) }
    expectError(.unsupported, "FLOAT\\u{7}") {
      try SafetensorsFile(safetensors(#"{"a":{"dtype":"FLOAT\u0007","shape":[],"data_offsets":[0,0]}}"#))
    }
  }

  @Test func theWriterRefusesNonsense() throws {
    let one = try TensorToWrite("a", shape: [1], floats: [1])
    expectError(.invalidInput, "\"a\"") { try SafetensorsWriter.bytes([one, one]) }
    expectError(.invalidInput, "__metadata__") {
      try SafetensorsWriter.bytes([TensorToWrite("__metadata__", shape: [1], floats: [1])])
    }
    expectError(.invalidInput, "Q8_0") {
      try SafetensorsWriter.bytes([
        TensorToWrite("a", .blocks(.q80), shape: [32], bytes: [UInt8](repeating: 0, count: 34))
      ])
    }
    expectError(.invalidInput, "needs 8 bytes but was given 4") {
      try SafetensorsWriter.bytes([TensorToWrite("a", shape: [2], floats: [1])])
    }
    expectError(.invalidInput, "needs 4 bytes but was given 8") {
      try SafetensorsWriter.bytes([TensorToWrite("a", shape: [1], floats: [1, 2])])
    }
    expectError(.invalidInput, "[-1]") { try TensorToWrite("a", shape: [-1], floats: []) }
    expectError(.invalidInput) { try TensorToWrite("a", shape: [1 << 62], floats: []) }
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    let good = try TensorToWrite("a", shape: [1], floats: [1])
    let bad = try TensorToWrite("b", shape: [2], floats: [1])
    try SafetensorsWriter.write([good], to: folder("m.safetensors"))
    expectError(.invalidInput) { try SafetensorsWriter.write([good, bad], to: folder("m.safetensors")) }
    #expect(folder.names == ["m.safetensors"])
    #expect(try SafetensorsFile(path: folder("m.safetensors")).tensors.tensor("a").floats() == [1])
  }
}
