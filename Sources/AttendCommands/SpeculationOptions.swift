import ArgumentParser
import Attend
import AttendGeneration

/// `--draft` and `--speculation`: tokens guessed ahead, to save time.
struct SpeculationOptions: ParsableArguments {
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case none, lookup, draft

    var speculation: Speculation {
      switch self {
      case .none: .none
      case .lookup: .promptLookup()
      case .draft: .draftModel()
      }
    }
  }

  @Option(
    help: ArgumentHelp(
      "A smaller model with the same tokens, which writes ahead to save time. The text stays the same.",
      valueName: "model"))
  var draft: String?

  @Option(
    help: ArgumentHelp(
      """
      How tokens are guessed ahead: none, lookup (the text goes on as it did before) or draft. The text stays the same. \
      (default: draft with --draft, else lookup)
      """, valueName: "kind"))
  var speculation: Kind?

  var isAsked: Bool { draft != nil || speculation != nil }

  func validate() throws {
    if speculation == .draft, draft == nil { throw ValidationError("--speculation draft needs --draft") }
  }

  func apply(to options: GenerationOptions) -> GenerationOptions {
    var options = options
    options.speculation = speculation?.speculation
    return options
  }
}
