import AttendBase
import AttendFormats
import AttendTestSupport
import Testing

@Suite struct CheckpointTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func tensor(_ name: String, _ value: Float) throws -> TensorToWrite {
    try TensorToWrite(name, shape: [1], floats: [value])
  }

  private func writeShards() throws {
    try SafetensorsWriter.write([tensor("a", 1)], to: folder("m-1.safetensors"))
    try SafetensorsWriter.write([tensor("b", 2), tensor("c", 3)], to: folder("m-2.safetensors"))
  }

  private func writeIndex(_ map: JSON) throws {
    try folder.write("model.safetensors.index.json", (["weight_map": map] as JSON).utf8())
  }

  @Test func opensAFolder() throws {
    try SafetensorsWriter.write([tensor("a", 1)], to: folder("model.safetensors"))
    try folder.write("config.json", #"{"architectures":["GPT2LMHeadModel"]}"#)
    try folder.write("generation_config.json", #"{"eos_token_id":2}"#)
    try folder.write("tokenizer_config.json", #"{"bos_token":"<s>"}"#)
    try folder.write("tokenizer.json", "{}")
    try folder.write("chat_template.jinja", "{{ x }}")
    try folder.write("pytorch_model.bin", "PK")
    for path in [folder.path, folder.path + "/"] {
      let checkpoint = try Checkpoint(path: path)
      guard case .huggingFace(let configuration) = checkpoint.configuration else {
        Issue.record("\(checkpoint.configuration)")
        return
      }
      #expect(configuration["architectures"]?[0]?.stringValue == "GPT2LMHeadModel")
      #expect(checkpoint.generationConfiguration?["eos_token_id"]?.intValue == 2)
      #expect(checkpoint.tokenizerConfiguration?["bos_token"]?.stringValue == "<s>")
      #expect(try checkpoint.tensors.tensor("a").floats() == [1])
      #expect(try checkpoint.file("chat_template.jinja")?.count == 7)
      #expect(try checkpoint.file("vocab.txt") == nil)
      guard case .json(let tokenizer) = checkpoint.tokenizer else {
        Issue.record("\(checkpoint.tokenizer)")
        return
      }
      #expect(tokenizer.withUnsafeBytes { Array($0) } == Array("{}".utf8))
    }
  }

  @Test func opensASingleFileWithOrWithoutConfiguration() throws {
    try SafetensorsWriter.write([tensor("a", 1)], to: folder("weights.st"))
    guard case .none = try Checkpoint(path: folder("weights.st")).configuration else {
      Issue.record("there is no configuration")
      return
    }
    try folder.write("config.json", #"{"model_type":"llama"}"#)
    let checkpoint = try Checkpoint(path: folder("weights.st"))
    guard case .huggingFace(let configuration) = checkpoint.configuration else {
      Issue.record("\(checkpoint.configuration)")
      return
    }
    #expect(configuration["model_type"]?.stringValue == "llama")
    try folder.write("config.json", "{")
    expectError(.damagedFile, "config.json") { try Checkpoint(path: folder("weights.st")) }
  }

  @Test func opensGGUF() throws {
    var metadata = GGUFMetadata()
    metadata["general.architecture"] = .string("llama")
    try GGUFWriter.write([tensor("a", 4)], metadata: metadata, to: folder("m.gguf"))
    for path in [folder.path, folder("m.gguf")] {
      let checkpoint = try Checkpoint(path: path)
      guard case .gguf(let read) = checkpoint.configuration, case .gguf = checkpoint.tokenizer else {
        Issue.record("\(checkpoint.configuration)")
        return
      }
      #expect(read["general.architecture"]?.stringValue == "llama" && checkpoint.folder == nil)
      #expect(try checkpoint.tensors.tensor("a").floats() == [4])
      #expect(try checkpoint.file("m.gguf") == nil)
    }
    metadata["split.count"] = .uint16(3)
    try GGUFWriter.write([tensor("a", 4)], metadata: metadata, to: folder("m.gguf"))
    expectError(.unsupported, "3 parts", "--merge") { try Checkpoint(path: folder("m.gguf")) }
    try folder.write("n.gguf", "GGUF")
    expectError(.notFound, "2 .gguf files", "m.gguf", "n.gguf") { try Checkpoint(path: folder.path) }
  }

  @Test func opensShards() throws {
    try writeShards()
    expectError(.notFound, "2 .safetensors files and no index") { try Checkpoint(path: folder.path) }
    try writeIndex(["b": "m-2.safetensors", "a": "m-1.safetensors", "c": "m-2.safetensors"])
    let checkpoint = try Checkpoint(path: folder.path)
    #expect(Array(checkpoint.tensors.names) == ["a", "b", "c"])
    #expect(try checkpoint.tensors.tensor("c").floats() == [3])
    #expect(try checkpoint.tensors.tensor("a").file.path == folder("m-1.safetensors"))
  }

  @Test func refusesShardsThatContradictTheIndex() throws {
    try writeShards()
    try writeIndex(["a": "m-1.safetensors", "b": "m-3.safetensors"])
    expectError(.notFound, "m-3.safetensors does not exist", "index.json") { try Checkpoint(path: folder.path) }
    try writeIndex(["a": "m-1.safetensors", "d": "m-2.safetensors"])
    expectError(.damagedFile, "\"d\"", "m-2.safetensors") { try Checkpoint(path: folder.path) }
    try writeIndex(["a": "m-2.safetensors", "b": "m-2.safetensors"])
    expectError(.damagedFile, "\"a\"") { try Checkpoint(path: folder.path) }
    try SafetensorsWriter.write([tensor("a", 1)], to: folder("m-2.safetensors"))
    try writeIndex(["a": "m-1.safetensors"])
    _ = try Checkpoint(path: folder.path)
    try SafetensorsWriter.write([tensor("a", 1), tensor("d", 1)], to: folder("m-2.safetensors"))
    try writeIndex(["a": "m-1.safetensors", "d": "m-2.safetensors"])
    expectError(.damagedFile, "\"a\"") { try Checkpoint(path: folder.path) }
  }

  @Test(arguments: [
    "../m-1.safetensors", "/etc/passwd", "a/b.safetensors", "..", ".", "", "a\\b", "a\u{0}b",
    String(repeating: "n", count: 256),
  ])
  func refusesShardsElsewhere(name: String) throws {
    try writeShards()
    try writeIndex(["a": .string(name)])
    expectError(.damagedFile, "not a file name in the same folder") { try Checkpoint(path: folder.path) }
  }

  @Test(arguments: ["{}", "[]", #"{"weight_map":[]}"#, #"{"weight_map":{}}"#, #"{"weight_map":{"a":1}}"#, "{"])
  func refusesDamagedIndexes(text: String) throws {
    try folder.write("model.safetensors.index.json", text)
    expectError(.damagedFile, "index.json") { try Checkpoint(path: folder.path) }
  }

  @Test func saysWhatIsMissing() throws {
    expectError(.notFound, folder("absent"), "does not exist") { try Checkpoint(path: folder("absent")) }
    expectError(.notFound, "holds no weights", "empty") { try Checkpoint(path: folder.path) }
    try folder.write("config.json", "{}")
    expectError(.notFound, "holds no weights, only \"config.json\"") { try Checkpoint(path: folder.path) }
    let pickle = try folder.write("pytorch_model.bin", "PK\u{3}\u{4} and so on")
    expectError(.unsupported, "pytorch_model.bin", "convert") { try Checkpoint(path: folder.path) }
    expectError(.unsupported, "PyTorch", "convert") { try Checkpoint(path: pickle) }
    let text = try folder.write("notes.txt", "hello, world")
    expectError(.unsupported, "neither") { try Checkpoint(path: text) }
    let pointer = try folder.write("model.gguf", "version https://git-lfs.github.com/spec/v1\n")
    expectError(.damagedFile, "git lfs pull") { try Checkpoint(path: pointer) }
    let short = try folder.write("short.safetensors", "abc")
    expectError(.damagedFile, "short.safetensors: ends inside the header's length") { try Checkpoint(path: short) }
    let empty = try folder.write("empty.gguf", "")
    expectError(.damagedFile, "is empty") { try Checkpoint(path: empty) }
  }
}
