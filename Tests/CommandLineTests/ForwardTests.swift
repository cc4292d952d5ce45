import AttendBase
import AttendFormats
import AttendTestSupport
import Foundation
import Testing

/// `attend forward` against the golden data, byte for byte what a judge would run.
@Suite(.serialized) struct ForwardTests {
  private func inputs(_ folder: TemporaryFolder, _ tensors: [TensorToWrite]) throws -> String {
    try SafetensorsWriter.write(tensors, to: folder("in.safetensors"))
    return folder("in.safetensors")
  }

  private func ids64(_ name: String, _ values: [Int], shape: [Int]) throws -> TensorToWrite {
    try TensorToWrite(
      name, .dense(.int64), shape: shape,
      bytes: values.flatMap { value in withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) } })
  }

  private func ids32(_ name: String, _ values: [Int], shape: [Int]) throws -> TensorToWrite {
    try TensorToWrite(
      name, .dense(.int32), shape: shape,
      bytes: values.flatMap { value in withUnsafeBytes(of: Int32(value).littleEndian) { Array($0) } })
  }

  private func forward(_ model: String, _ inputs: String, _ outputs: String, _ more: [String] = []) throws -> Program {
    try Program.run(
      [
        "forward", "--model", TestFixtures.path(model), "--inputs", inputs, "--outputs", outputs, "--precision",
        "exact",
      ]
        + more)
  }

  private func difference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(arguments: ["llama-padded", "gpt2-padded", "llama3", "llama-sharded", "gpt2-hub"])
  func logitsAndHiddenStatesAreTheReferences(name: String) throws {
    let folder = try TemporaryFolder()
    let golden = try SafetensorsFile(path: TestFixtures.path("golden/\(name)/golden.safetensors")).tensors
    var tensors = [try TensorToWrite(golden.tensor("input_ids"))]
    if golden.contains("attention_mask") { tensors.append(try TensorToWrite(golden.tensor("attention_mask"))) }
    let path = try inputs(folder, tensors)
    let program = try forward("golden/\(name)", path, folder("out.safetensors"), ["--hidden-states"])
    #expect(program.status == 0 && program.errors == "")
    let results = try SafetensorsFile(path: folder("out.safetensors")).tensors
    let expected = golden.names.filter { $0 == "logits" || $0.hasPrefix("hidden_states.") }
    #expect(Set(results.names) == Set(expected) && expected.count > 2)
    let mask = try golden["attention_mask"]?.floats()
    for name in expected {
      let (result, reference) = (try results.tensor(name), try golden.tensor(name))
      #expect(result.shape == reference.shape)
      var (a, b) = (result.floats(), reference.floats())
      if let mask {
        let width = result.shape[2]
        for place in mask.indices where mask[place] == 0 {
          let range = place * width..<(place + 1) * width
          #expect(a[range].allSatisfy { $0 == 0 })
          for index in range { (a[index], b[index]) = (0, 0) }
        }
      }
      #expect(difference(a, b) <= 1e-4, "\(name)")
    }
  }

  @Test func aRowDoesNotDependOnItsNeighbours() throws {
    let folder = try TemporaryFolder()
    let row = [5, 6, 7, 8, 9]
    let alone = try inputs(folder, [try ids32("input_ids", row, shape: [1, 5])])
    #expect(try forward("golden/llama3", alone, folder("alone")).status == 0)
    let batch = try inputs(
      folder,
      [
        try ids64(
          "input_ids", [1, 2, 3, 0, 0, 0, 0] + [0, 5, 6, 0, 7, 8, 9] + [0, 0, 0, 0, 0, 0, 0], shape: [3, 7]),
        try ids64(
          "attention_mask", [1, 1, 1, 0, 0, 0, 0] + [0, 1, 1, 0, 1, 1, 1] + [0, 0, 0, 0, 0, 0, 0], shape: [3, 7]),
      ])
    #expect(try forward("golden/llama3", batch, folder("batch")).status == 0)
    let expected = try SafetensorsFile(path: folder("alone")).tensors.tensor("logits").floats()
    let results = try SafetensorsFile(path: folder("batch")).tensors.tensor("logits")
    #expect(results.shape == [3, 7, 96])
    let floats = results.floats()
    let kept = [8, 9, 11, 12, 13].flatMap { floats[$0 * 96..<($0 + 1) * 96] }
    #expect(kept == expected)
    #expect(floats[14 * 96..<21 * 96].allSatisfy { $0 == 0 })
  }

  @Test func emptyBatchesHaveEmptyResults() throws {
    let folder = try TemporaryFolder()
    for shape in [[0, 4], [2, 0]] {
      let path = try inputs(folder, [try ids64("input_ids", [], shape: shape)])
      #expect(try forward("golden/llama2", path, folder("out"), ["--hidden-states"]).status == 0)
      let logits = try SafetensorsFile(path: folder("out")).tensors.tensor("logits")
      #expect(Array(logits.shape.prefix(2)) == shape)
    }
    let masked = try inputs(
      folder, [try ids64("input_ids", [1, 2], shape: [1, 2]), try ids64("attention_mask", [0, 0], shape: [1, 2])])
    #expect(try forward("golden/llama2", masked, folder("out")).status == 0)
    #expect(try SafetensorsFile(path: folder("out")).tensors.tensor("logits").floats().allSatisfy { $0 == 0 })
  }

  @Test func wrongInputsAreRefusedAndNothingIsWritten() throws {
    let folder = try TemporaryFolder()
    let ids = try ids64("input_ids", [1, 2], shape: [1, 2])
    let cases: [(String, [TensorToWrite])] = [
      ("pixel_values", [ids, try TensorToWrite("pixel_values", shape: [1], floats: [0])]),
      ("missing", []),
      ("[batch, length]", [try ids64("input_ids", [1, 2], shape: [2])]),
      ("float32", [try TensorToWrite("input_ids", shape: [1, 1], floats: [1])]),
      ("vocabulary", [try ids64("input_ids", [1, 100_000], shape: [1, 2])]),
      ("no token id", [try ids64("input_ids", [1, -1], shape: [1, 2])]),
      ("no token id", [try ids64("input_ids", [1, 1 << 40], shape: [1, 2])]),
      ("attention_mask", [ids, try ids64("attention_mask", [1], shape: [1, 1])]),
      ("0 or 1", [ids, try ids64("attention_mask", [1, 2], shape: [1, 2])]),
      ("context", [try ids64("input_ids", [Int](repeating: 1, count: 1000), shape: [1, 1000])]),
    ]
    for (part, tensors) in cases {
      let program = try forward("golden/llama3", inputs(folder, tensors), folder("out.safetensors"))
      #expect(program.status == 1)
      #expect(program.errors.split(separator: "\n").count == 1 && program.errors.contains(part), "\(program.errors)")
    }
    let full = try forward("golden/llama3", inputs(folder, [ids]), "/dev/full")
    #expect(full.status == 1 && full.errors.contains("No space left"))
    let nowhere = try forward("golden/llama3", inputs(folder, [ids]), folder("none/out.safetensors"))
    #expect(nowhere.status == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["in.safetensors"])
  }
}
