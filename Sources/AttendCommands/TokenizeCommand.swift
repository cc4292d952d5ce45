import ArgumentParser
import Attend
import AttendBase
import AttendFormats
import AttendGeneration
import AttendText

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Shows how a model cuts a text into tokens.",
    discussion: """
      Prints the id and the text of each token, or with --json an array of the ids. The weights are not read.

      Examples:
        attend tokenize "The capital of France is"
        attend tokenize --model model.gguf --json "The capital of France is"
        attend tokenize --special "<|im_start|>user"
      """)

  @OptionGroup var model: ModelOption

  @Flag(help: "Read special tokens that are written out in the text as the tokens they name.")
  var special = false

  @Flag(help: "Add the tokens around the text that the model expects, such as one for its beginning.")
  var addSpecial = false

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("The text; - or nothing reads standard input as it is.", valueName: "text"))
  var text: String?

  func run() throws {
    common.prepare()
    let path = try model.path()
    let text = if let text, text != "-" { text } else { try Terminal.readAll() }
    guard let tokenizer = try Checkpoint(path: path).readTokenizer() else {
      throw AttendError(
        .unsupported, "\(path): there is no tokenizer beside the weights",
        hint: "put the model's tokenizer.json into the same folder")
    }
    let ids = try tokenizer.encode(text, allowSpecial: special, addSpecialTokens: addSpecial)
    if common.json {
      try Terminal.write(JSON(ids).text() + "\n")
    } else {
      let width = ids.map { String($0).count }.max() ?? 0
      var lines = ""
      for id in ids {
        let number = String(id)
        // Half a character shows as U+FFFD.
        let piece = String(decoding: tokenizer.bytes(of: id), as: UTF8.self)
        lines += String(repeating: " ", count: width - number.count) + number + "  " + JSON(piece).text() + "\n"
      }
      try Terminal.write(lines)
    }
  }
}
