import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

@Suite struct NumPyTests {
  private func fixture(_ name: String) throws -> MappedFile {
    try MappedFile(path: TestFixtures.path("numpy/\(name)"))
  }

  /// NumPy's own values; see Fixtures/make-arrays.py.
  @Test(arguments: ["plain.npz", "compressed.npz"])
  func readsWhatNumPySaves(name: String) throws {
    let file = try NumPyFile(fixture(name))
    let text = try fixture("expected.json").withUnsafeBytes { bytes in
      Result { try JSON(parsing: bytes, source: "expected.json") }
    }.get()
    let expected = try #require(text.objectValue)
    #expect(expected.count == 14)
    for (name, array) in expected where name != "u2" {
      let view = try file.tensors.tensor(name)
      #expect(view.shape == array["shape"]?.arrayValue?.compactMap(\.intValue), "\(name)")
      let values = (array["values"]?.arrayValue ?? []).compactMap { value -> Float? in
        switch value.stringValue {
        case "True": 1
        case "False": 0
        case let text?: Float(text)
        case nil: nil
        }
      }
      #expect(view.floats() == values, "\(name)")
    }
    #expect(file.tensors.count == 17)
    #expect(file.tensors.entry("u2")?.elementType == nil && file.tensors.entry("words")?.typeName == "<U2")
    expectError(.unsupported, "words", "<U2") { try file.tensors.tensor("words") }
    expectError(.unsupported, "complex") { try file.tensors.tensor("complex") }
  }

  @Test func readsASingleArray() throws {
    let file = try NumPyFile(path: TestFixtures.path("numpy/single.npy"))
    let array = try file.tensors.tensor("array")
    #expect(array.shape == [2, 3, 4] && array.floats().last == 1.875)
    // The elements stay where the file has them.
    #expect(array.byteRange == 128..<224)
  }

  @Test func objectsAreListedAndNeverRead() throws {
    let file = try NumPyFile(path: TestFixtures.path("numpy/pickle.npz"))
    #expect(file.tensors.entry("objects")?.typeName == "|O")
    expectError(.unsupported, "objects") { try file.tensors.tensor("objects") }
    #expect(try file.tensors.tensor("fine").floats() == [1, 1])
    expectError(.unsupported, "record") { try NumPyFile(path: TestFixtures.path("numpy/record.npy")) }
  }

  /// The bytes of Fixtures/make-arrays.py, by its formula.
  private func skewed(_ count: Int) -> [Float] {
    var state = 1
    return (0..<count).map { _ in
      state = (state * 1_103_515_245 + 12345) % (1 << 31)
      let value = state >> 8
      let bits = value == 0 ? 0 : value.trailingZeroBitCount + 1
      return Float(bits * 7 + (value >> 20) % 3)
    }
  }

  @Test(arguments: ["stored", "fast", "best", "fixed", "huffman", "runs"])
  func unpacksEveryKindOfBlock(kind: String) throws {
    let file = try NumPyFile(path: TestFixtures.path("numpy/deflate-\(kind).npz"))
    #expect(try file.tensors.tensor("data").floats() == skewed(kind == "stored" ? 3000 : 20000))
  }

  // MARK: Damage

  @Test(arguments: ["plain.npz", "compressed.npz", "deflate-fixed.npz", "deflate-stored.npz", "single.npy"])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try fixture(name).withUnsafeBytes { Array($0) }
    for count in stride(from: 0, to: bytes.count, by: bytes.count > 5000 ? 37 : 3) {
      expectError(.damagedFile) { try NumPyFile(MappedFile(copying: bytes[..<count], name: "t")) }
    }
  }

  /// Nothing but an `AttendError` comes of any changed byte, and a checksum notices changed elements.
  @Test func changedBytesNeverCrash() throws {
    var random = SeededRandom(seed: 4)
    var failures = 0
    for name in ["compressed.npz", "deflate-best.npz", "deflate-huffman.npz", "deflate-fixed.npz", "plain.npz"] {
      let bytes = try fixture(name).withUnsafeBytes { Array($0) }
      for _ in 0..<400 {
        var changed = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          changed[Int.random(in: 0..<changed.count, using: &random)] = .random(in: 0...255, using: &random)
        }
        do { _ = try NumPyFile(MappedFile(copying: changed, name: "t")) } catch { failures += 1 }
        changed.withUnsafeBytes { fuzzNumPy($0) }
      }
    }
    #expect(failures > 1500)
  }

  @Test func aSmallFileCannotAskForMuchMemory() throws {
    var bytes = try fixture("deflate-best.npz").withUnsafeBytes { Array($0) }
    let directory = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    for offset in 0..<4 { bytes[directory + 24 + offset] = 0xEE }
    expectError(.limitExceeded, "unpacked") {
      try NumPyFile(MappedFile(copying: bytes, name: "t"), limit: 1 << 30)
    }
    expectError(.damagedFile, "promises") { try NumPyFile(MappedFile(copying: bytes, name: "t"), limit: 1 << 40) }
    expectError(.limitExceeded) { try NumPyFile(fixture("deflate-best.npz"), limit: 20000) }
  }

  /// Two names for the same bytes: with many, an archive would unpack to far more than its own size allows.
  @Test func membersThatShareBytesAreRefused() throws {
    var bytes = try fixture("deflate-best.npz").withUnsafeBytes { Array($0) }
    let directory = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    let end = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 5, 6]) })
    let entry = Array(bytes[directory..<end])
    bytes.insert(contentsOf: entry, at: end)
    let newEnd = end + entry.count
    bytes[newEnd + 8] = 2
    bytes[newEnd + 10] = 2
    bytes[newEnd + 12] = UInt8(2 * entry.count)
    expectError(.damagedFile, "overlap") { try NumPyFile(MappedFile(copying: bytes, name: "t")) }
  }

  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }", "fit"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "2⁶³"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "NumPy"),
    ("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", "NumPy"),
    ("{'descr': '<f4', 'shape': (1,), }", "lacks"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "twice"),
    ("{'other': '<f4'}", "unknown key"), ("", "NumPy"), ("{'descr': '<f4", "NumPy"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "fit"),
  ])
  func brokenHeadersAreErrors(header: String, part: String) {
    let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + [0, 0, 0, 0]
    expectError(.damagedFile, part) { try NumPyFile(MappedFile(copying: bytes, name: "t.npy")) }
  }

  @Test func shapesWithoutElementsDoNotOverflow() throws {
    let header = "{'descr': '>f4', 'fortran_order': True, 'shape': (0, 9223372036854775807, 9223372036854775807), }"
    let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
    expectError(.damagedFile, "fit") { try NumPyFile(MappedFile(copying: bytes, name: "t.npy")) }
  }
}
