import ArgumentParser
import Attend
import AttendBase
import AttendModels

/// `--lora`: adapters that are added to the model's weights.
struct AdapterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A LoRA adapter as PEFT saves it: a folder with adapter_config.json and adapter_model.safetensors. A number behind \
      a colon is its strength: my-adapter:0.5. May be given several times.
      """, valueName: "folder"))
  var lora: [String] = []

  /// - Throws: `not-found`, `damaged-file`, `unsupported`.
  func read() throws -> [LowRankAdapter] {
    try lora.map { argument in
      guard !Folder.exists(argument), let colon = argument.lastIndex(of: ":"),
        let strength = Float(argument[argument.index(after: colon)...])
      else { return try LowRankAdapter(path: argument) }
      return try LowRankAdapter(path: String(argument[..<colon]), strength: strength)
    }
  }
}
