import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

/// The real files of others are read in the operator conformance tests.
@Suite struct ONNXTests {
  /// A model of one graph.
  private func model(_ fill: (inout ProtobufBytes) -> Void) -> [UInt8] {
    var model = ProtobufBytes()
    model.integer(1, 10)
    model.message(8) { $0.integer(2, 23) }
    model.message(7, fill)
    return model.bytes
  }

  private func read(_ bytes: [UInt8], folder: String? = nil) throws -> ONNXFile {
    try ONNXFile(MappedFile(copying: bytes, name: "t.onnx"), folder: folder)
  }

  private func weights(_ fill: (inout ProtobufBytes) -> Void) throws -> TensorDirectory {
    try read(model { $0.message(5, fill) }).graph.initializers
  }

  @Test func readsGraphsAndTheirWeights() throws {
    let bytes = model { graph in
      graph.text(2, "main")
      graph.message(11) { $0.text(1, "X") }
      graph.message(12) { $0.text(1, "Y") }
      graph.message(5) { tensor in
        tensor.tensor("W", type: 1, shape: [2, 1])
        tensor.data(9, littleEndian([1, -2]))
      }
      graph.message(1) { node in
        node.text(1, "X")
        node.text(1, "W")
        node.text(1, "")
        node.text(2, "Y")
        node.text(3, "step")
        node.text(4, "LSTM")
        node.message(5) { attribute in
          attribute.text(1, "hidden_size")
          attribute.integer(3, 3)
          attribute.integer(20, 2)
        }
        node.message(5) { attribute in
          attribute.text(1, "activations")
          attribute.text(9, "Sigmoid")
          attribute.text(9, "Tanh")
          attribute.integer(20, 8)
        }
        node.message(5) { attribute in
          attribute.text(1, "alpha")
          attribute.data(7, littleEndian([0.5, 2]))
          attribute.integer(20, 6)
        }
        node.message(5) { attribute in
          attribute.text(1, "then_branch")
          attribute.message(6) { $0.message(1) { $0.text(4, "Identity") } }
          attribute.integer(20, 5)
        }
        node.message(5) { attribute in
          attribute.text(1, "zero")
          attribute.integer(20, 1)
        }
      }
    }
    let file = try read(bytes)
    #expect(file.operatorSets == ["": 23])
    #expect(file.graph.name == "main" && file.graph.inputs == ["X"] && file.graph.outputs == ["Y"])
    #expect(try file.graph.initializers.tensor("W").floats() == [1, -2])
    let node = try #require(file.graph.nodes.first)
    #expect(node.operatorType == "LSTM" && node.name == "step" && node.inputs == ["X", "W", ""])
    guard case .integer(3) = node.attributes["hidden_size"],
      case .texts(["Sigmoid", "Tanh"]) = node.attributes["activations"],
      case .floats([0.5, 2]) = node.attributes["alpha"], case .float(0) = node.attributes["zero"],
      case .graph(let inner) = node.attributes["then_branch"]
    else {
      Issue.record("wrong attributes: \(node.attributes)")
      return
    }
    #expect(inner.nodes.map(\.operatorType) == ["Identity"])
  }

  @Test func readsElementsHoweverTheyAreWritten() throws {
    func values(_ type: Int64, _ count: Int64, _ fill: (inout ProtobufBytes) -> Void) throws -> [Float] {
      try weights { tensor in
        tensor.tensor("W", type: type, shape: [count])
        fill(&tensor)
      }.tensor("W").floats()
    }
    #expect(try values(1, 2) { $0.data(4, littleEndian([3, 4])) } == [3, 4])
    #expect(
      try values(1, 2) {
        $0.float(4, 3)
        $0.float(4, 4)
      } == [3, 4])
    #expect(
      try values(1, 3) {
        $0.data(4, littleEndian([3, 4]))
        $0.float(4, 5)
      } == [3, 4, 5])
    #expect(try values(7, 2) { $0.data(7, ProtobufBytes.varint(UInt64.max) + [7]) } == [-1, 7])
    #expect(try values(7, 1) { $0.integer(7, 300) } == [300])
    #expect(try values(6, 2) { $0.data(5, ProtobufBytes.varint(UInt64(bitPattern: -2)) + [1]) } == [-2, 1])
    #expect(try values(9, 2) { $0.data(5, [1, 0]) } == [1, 0])
    // 1.5 in half precision, as its bits.
    #expect(try values(10, 1) { $0.integer(5, 0x3E00) } == [1.5])
    #expect(try values(16, 1) { $0.data(9, [0xC0, 0x3F]) } == [1.5])
    #expect(try values(11, 1) { $0.data(10, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]) } == [1.5])
    #expect(try values(1, 0) { _ in } == [])
    let text = try weights { tensor in
      tensor.tensor("S", type: 8, shape: [1])
      tensor.text(6, "text")
    }
    #expect(text.entry("S")?.typeName == "STRING")
    expectError(.unsupported, "STRING") { try text.tensor("S") }
  }

  @Test func readsASingleTensor() throws {
    var tensor = ProtobufBytes()
    tensor.tensor("x", type: 1, shape: [])
    tensor.data(9, littleEndian([7]))
    let entry = try ONNXFile.tensor(MappedFile(copying: tensor.bytes, name: "input_0.pb"))
    #expect(try entry.view().floats() == [7] && entry.shape == [])
  }

  // MARK: Elements in another file

  private func external(_ pairs: [(String, String)]) -> [UInt8] {
    model { graph in
      graph.message(5) { tensor in
        tensor.tensor("W", type: 1, shape: [2])
        tensor.integer(14, 1)
        for (key, value) in pairs {
          tensor.message(13) { entry in
            entry.text(1, key)
            entry.text(2, value)
          }
        }
      }
    }
  }

  @Test func externalElementsLieBesideTheFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("w.bin", [9, 9, 9, 9] + littleEndian([5, 6]))
    let path = try folder.write("m.onnx", external([("location", "w.bin"), ("offset", "4"), ("length", "8")]))
    #expect(try ONNXFile(path: path).graph.initializers.tensor("W").floats() == [5, 6])
    for (location, code) in [
      ("../w.bin", AttendError.Code.damagedFile), ("/etc/passwd", .damagedFile), ("..", .damagedFile),
      ("", .damagedFile),
      ("a\\b", .damagedFile), ("sub/w.bin", .damagedFile), ("none.bin", .notFound),
    ] {
      expectError(code) { try read(external([("location", location)]), folder: folder.path) }
    }
    for (offset, length) in [
      ("8", "8"), ("-1", "8"), ("9223372036854775807", "8"), ("x", "8"), ("4", "-8"), ("0", "4"),
    ] {
      let bytes = external([("location", "w.bin"), ("offset", offset), ("length", length)])
      expectError(.damagedFile) { try read(bytes, folder: folder.path) }
    }
    expectError(.unsupported, "another file") { try read(external([("location", "w.bin")])) }
  }

  // MARK: Damage

  @Test func damageIsAnErrorWithAPlace() {
    expectError(.damagedFile, "no graph") { try read([]) }
    expectError(.damagedFile, "no graph") { try read([0x78, 1]) }
    expectError(.damagedFile, "at byte 0") { try read([0x3A, 0xFF, 0xFF, 0xFF, 0x7F, 0]) }
    expectError(.damagedFile) { try read([0x3A] + [UInt8](repeating: 0xFF, count: 20)) }
    expectError(.damagedFile, "unknown kind") { try read([0x0B]) }
    expectError(.damagedFile, "needs 8 bytes but has 4") {
      try weights { tensor in
        tensor.tensor("W", type: 1, shape: [2])
        tensor.data(9, littleEndian([1]))
      }
    }
    for shape in [[-1], [Int64.max, Int64.max], [Int64.max]] {
      expectError(.damagedFile) {
        try weights { tensor in
          tensor.tensor("W", type: 1, shape: shape)
          tensor.data(9, littleEndian([1]))
        }
      }
    }
    expectError(.damagedFile, "unknown type") { try weights { $0.tensor("W", type: 77, shape: [1]) } }
    expectError(.damagedFile, "dimensions") {
      try weights { $0.tensor("W", type: 1, shape: [Int64](repeating: 1, count: 65)) }
    }
    expectError(.damagedFile, "twice") {
      try read(
        model { graph in
          for _ in 0..<2 {
            graph.message(5) { tensor in
              tensor.tensor("W", type: 1, shape: [0])
            }
          }
        })
    }
    expectError(.damagedFile, "wrong field") {
      try weights { tensor in
        tensor.tensor("W", type: 1, shape: [1])
        tensor.integer(7, 1)
      }
    }
  }

  @Test func deepNestingIsLimited() {
    var inner = ProtobufBytes()
    for _ in 0..<1000 {
      var outer = ProtobufBytes()
      outer.message(1) { $0.message(5) { $0.data(6, inner.bytes) } }
      inner = outer
    }
    expectError(.limitExceeded, "nested") { try read(model { $0.bytes = inner.bytes }) }
  }

  @Test func changedBytesNeverCrash() throws {
    let bytes = model { graph in
      for type in [Int64(1), 6, 7, 10, 11] {
        graph.message(5) { tensor in
          tensor.tensor("W\(type)", type: type, shape: [2])
          tensor.data(type == 1 ? 4 : 9, [UInt8](repeating: 1, count: [1: 8, 6: 8, 7: 16, 10: 4, 11: 16][type] ?? 0))
        }
      }
      graph.message(1) { node in
        node.text(4, "Constant")
        node.message(5) { $0.message(5) { $0.tensor("c", type: 7, shape: [0]) } }
      }
    }
    #expect(try read(bytes).graph.initializers.count == 5)
    var random = SeededRandom(seed: 9)
    for _ in 0..<4000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        changed[Int.random(in: 0..<changed.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { changed.removeLast(Int.random(in: 0..<changed.count, using: &random)) }
      changed.withUnsafeBytes { fuzzONNX($0) }
    }
  }
}
