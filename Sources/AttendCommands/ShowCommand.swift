import ArgumentParser
import Attend
import AttendBase
import AttendFormats
import AttendModels
import AttendTensor

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Tells what a model is, without reading its weights.",
    discussion: """
      Examples:
        attend show SmolLM2-135M-Instruct.Q4_1.gguf
        attend show --tensors model.safetensors
        attend show --json model-folder
      """)

  @Flag(help: "List every tensor.")
  var tensors = false

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("A folder, a .safetensors or a .gguf file.", valueName: "model"))
  var model: String

  func run() throws {
    common.prepare()
    let checkpoint = try Checkpoint(path: model)
    let info = ModelInfo(checkpoint)
    let precision = common.precision ?? info.defaultPrecision
    if common.json {
      try Terminal.write(json(info, checkpoint, precision).text(pretty: true) + "\n")
    } else {
      try Terminal.write(table(rows(info, precision)))
      if tensors { try Terminal.write("\n" + table(tensorRows(checkpoint.tensors))) }
    }
  }

  private func rows(_ info: ModelInfo, _ precision: Precision) -> [[String]] {
    var rows = [["model", info.path], ["format", info.format]]
    if let name = info.name { rows.append(["name", name]) }
    let architecture = info.architecture ?? "unknown: there is no config.json"
    rows.append(["architecture", architecture + (info.isSupported ? "" : " (not supported by this version)")])
    rows.append(["parameters", Numbers.grouped(info.parameters)])
    if let layers = info.layers { rows.append(["layers", String(layers)]) }
    if let width = info.width { rows.append(["width", String(width)]) }
    if let context = info.contextLength { rows.append(["context", "\(Numbers.grouped(context)) tokens"]) }
    if let vocabulary = info.vocabularySize { rows.append(["vocabulary", "\(Numbers.grouped(vocabulary)) tokens"]) }
    rows.append(["size", Numbers.bytes(info.bytes)])
    for (index, weights) in info.weights.enumerated() {
      let what = "\(weights.type): \(weights.tensors) tensors, \(Numbers.bytes(weights.bytes))"
      rows.append([index == 0 ? "weights" : "", what])
    }
    rows.append(["tokenizer", info.hasTokenizer ? "yes" : "none"])
    rows.append(["chat template", info.hasChatTemplate ? "yes" : "none"])
    rows.append(["precision", precision.rawValue + (common.precision == nil ? " (default)" : "")])
    rows.append(["processor", "\(Hardware.instructionSet), \(Hardware.threads) threads"])
    return rows
  }

  private func tensorRows(_ tensors: TensorDirectory) -> [[String]] {
    tensors.entries.map { [$0.name, $0.typeName, "\($0.shape)", Numbers.bytes($0.byteRange.count)] }
  }

  /// Columns as wide as their widest cell.
  private func table(_ rows: [[String]]) -> String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    var text = ""
    for row in rows {
      for (column, cell) in row.enumerated() {
        text += cell
        if column < row.count - 1 { text += String(repeating: " ", count: widths[column] - cell.count + 2) }
      }
      text += "\n"
    }
    return text
  }

  private func json(_ info: ModelInfo, _ checkpoint: Checkpoint, _ precision: Precision) -> JSON {
    var object: JSON.Object = JSON.Object()
    object["path"] = JSON(info.path)
    object["format"] = JSON(info.format)
    object["name"] = info.name.map { JSON($0) } ?? .null
    object["architecture"] = info.architecture.map { JSON($0) } ?? .null
    object["supported"] = JSON(info.isSupported)
    object["parameters"] = JSON(info.parameters)
    object["layers"] = info.layers.map { JSON($0) } ?? .null
    object["width"] = info.width.map { JSON($0) } ?? .null
    object["context"] = info.contextLength.map { JSON($0) } ?? .null
    object["vocabulary"] = info.vocabularySize.map { JSON($0) } ?? .null
    object["bytes"] = JSON(info.bytes)
    object["weights"] = JSON(
      info.weights.map { weights -> JSON in
        [
          "type": JSON(weights.type), "tensors": JSON(weights.tensors), "parameters": JSON(weights.parameters),
          "bytes": JSON(weights.bytes),
        ]
      })
    object["tokenizer"] = JSON(info.hasTokenizer)
    object["chat_template"] = JSON(info.hasChatTemplate)
    object["precision"] = JSON(precision.rawValue)
    object["isa"] = JSON(Hardware.instructionSet)
    object["threads"] = JSON(Hardware.threads)
    if tensors {
      object["tensors"] = JSON(
        checkpoint.tensors.entries.map { entry -> JSON in
          [
            "name": JSON(entry.name), "type": JSON(entry.typeName), "shape": JSON(entry.shape),
            "bytes": JSON(entry.byteRange.count),
          ]
        })
    }
    return .object(object)
  }
}
