import AttendBase
import AttendModels
import AttendNN
import AttendTensor
import AttendText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A run as a configuration file describes it: reads the data, makes tokenizer and model, trains, and leaves a folder that
/// `attend` runs.
public struct TrainingRun: Sendable {
  private let configuration: TrainingConfiguration
  /// Where everything goes.
  public let path: String
  private let isResuming: Bool
  private let collective: any Collective

  /// - Parameters:
  ///   - path: the run's folder; created when it is not there.
  ///   - isResuming: continue from the folder's newest checkpoint.
  ///   - collective: the processes that train together.
  public init(
    _ configuration: TrainingConfiguration, path: String, isResuming: Bool = false,
    collective: any Collective = SingleProcess()
  ) {
    self.configuration = configuration
    self.path = path
    self.isResuming = isResuming
    self.collective = collective
  }

  /// Trains to the end, or until `isCancelled` says so. Takes as long as it takes: call it on a thread of its own.
  ///
  /// - Parameter events: called on this thread with what happens.
  /// - Throws: `invalid-input` for data or fields that make no sense, naming file and line or field; `unsupported` for an
  ///   architecture that cannot be trained; `parameter-mismatch` when a checkpoint belongs to another run;
  ///   `not-a-number`, `system`.
  public func run(
    isCancelled: @Sendable () -> Bool = { false }, events: @escaping (TrainingEvent) -> Void
  ) throws -> TrainingSummary {
    guard !isResuming || Folder.exists(path) else {
      throw AttendError(
        .notFound, "there is no run to continue: \(path) does not exist", hint: "check --out, or leave out --resume")
    }
    let lock = collective.rank == 0 ? try FolderLock(path) : nil
    defer { withExtendedLifetime(lock) {} }
    let texts = try RunTexts(configuration.data)
    let isPairs = configuration.data.kind == .pairs
    let tokenizer = try RunTokenizer(configuration.tokenizer, texts: texts.all, hasRoles: isPairs)
    let model = try ModelBlueprint(configuration.model, tokenizer.tokenizer)
    var data = RunData(configuration.data, tokenizer.tokenizer, seed: configuration.training.seed)
    switch model.kind {
    case .language(let build, let contextLength):
      guard !isPairs else { throw wrongKind(model, "pairs") }
      if configuration.data.isPacked {
        let blockSize = configuration.data.blockSize ?? contextLength
        guard blockSize <= contextLength else {
          throw AttendError(
            .invalidInput, "data.block_size is \(blockSize), and the model has \(contextLength) positions",
            hint: "give blocks of at most \(contextLength) tokens, or the model more positions")
        }
        let (training, validation) = try data.blocks(texts, blockSize: blockSize)
        let order: BatchSampler.Order =
          switch configuration.data.order {
          case .random: .random(drawsPerEpoch: max(training.tokens.count / blockSize, 1))
          case .shuffled: .shuffled
          case .sequential: .sequential
          }
        return try train(
          LanguageTask(TokenBlocks.self, build), training, validation, order, model, tokenizer, data.notices,
          isCancelled, events)
      }
      let (training, validation) = try data.lines(texts, context: contextLength)
      return try train(
        LanguageTask(TokenLines.self, build), training, validation, order, model, tokenizer, data.notices, isCancelled,
        events)
    case .translation(let build, let endToken, let sourceLimit, let targetLimit):
      guard isPairs else { throw wrongKind(model, configuration.data.kind.rawValue) }
      let (training, validation) = try data.pairs(texts, sourceLimit: sourceLimit, targetLimit: targetLimit)
      return try train(
        TranslationTask(endToken: endToken, build), training, validation, order, model, tokenizer, data.notices,
        isCancelled, events)
    }
  }

  private var order: BatchSampler.Order { configuration.data.order == .sequential ? .sequential : .shuffled }

  private func train<Task: LearningTask>(
    _ task: Task, _ data: Task.Data, _ validation: Task.Data?, _ order: BatchSampler.Order, _ model: ModelBlueprint,
    _ tokenizer: RunTokenizer, _ notices: [String], _ isCancelled: () -> Bool,
    _ events: @escaping (TrainingEvent) -> Void
  ) throws -> TrainingSummary {
    let options = configuration.training
    if options.patience != nil, validation == nil {
      throw AttendError(
        .invalidInput, "training.patience needs held-out data",
        hint: "give data.validation or data.validation_fraction")
    }
    let folder = TrainingFolder(path: path, identity: identity(data.count, model, tokenizer, order))
    for notice in notices { events(.notice(notice)) }
    if collective.rank == 0 {
      try folder.prepare()
      if !isResuming, !folder.savedSteps.isEmpty {
        throw AttendError(
          .invalidInput, "\(path) already holds a run",
          hint: "continue it with --resume, or give another folder with --out")
      }
    }
    let trainer = try Trainer(
      task, .init(data: data, validation: validation, order: order, isBucketed: configuration.data.isBucketed),
      options: options, parameters: nil, collective: collective, folder: folder, isResuming: isResuming, events: events)
    if collective.rank == 0 {
      try writeAtomically(to: path + "/config.json", JSON.object(model.configuration).utf8(pretty: true) + [0x0A])
      try writeAtomically(to: path + "/tokenizer.json", tokenizer.file)
      if let roles = tokenizer.configuration { try writeAtomically(to: path + "/tokenizer_config.json", roles) }
    }
    return try trainer.run(isCancelled: isCancelled)
  }

  private func identity(
    _ examples: Int, _ model: ModelBlueprint, _ tokenizer: RunTokenizer, _ order: BatchSampler.Order
  ) -> RunIdentity {
    let options = configuration.training
    var fields: [(name: String, value: JSON)] = [
      ("vocabulary", JSON(tokenizer.tokenizer.vocabularySize)), ("tokenizer", JSON(tokenizer.fingerprint)),
    ]
    for (name, value) in model.configuration { fields.append(("model.\(name)", value)) }
    let batch =
      switch options.batch {
      case .examples(let count): "\(count) examples"
      case .tokens(let count): "\(count) tokens"
      }
    fields += [
      ("training examples", JSON(examples)), ("order", JSON(configuration.data.order.rawValue)),
      ("seed", JSON(options.seed)), ("batch", JSON(batch)),
      ("passes per update", JSON(options.accumulation * collective.count)),
      ("optimizer", JSON("\(type(of: options.optimizer))")),
    ]
    return RunIdentity(fields: fields)
  }

  private func wrongKind(_ model: ModelBlueprint, _ data: String) -> AttendError {
    AttendError(
      .invalidInput, "\(model.architecture) cannot learn from data of the kind \"\(data)\"",
      hint: "language models learn from \"text\" or \"lines\", encoder-decoders from \"pairs\"")
  }
}

/// Keeps a second process out of a run's folder. The system lifts it when this process ends, however it ends.
private final class FolderLock {
  private let descriptor: Int32

  /// - Throws: `invalid-input` when another process trains in the folder.
  init(_ path: String) throws(AttendError) {
    try AtomicFolder.create(path)
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw AttendError(
        .invalidInput, "another process is training in \(path)", hint: "wait for it, or give another folder")
    }
  }

  deinit { close(descriptor) }
}
