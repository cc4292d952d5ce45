import AttendBase
import CAttendMPI

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The processes that `mpirun` has started, on one machine or several. Open MPI is looked for at run time, and only when
/// there is more than one process.
public struct OpenMPI: Collective {
  public let rank: Int
  public let count: Int
  /// Seconds without an answer after which the other processes count as lost.
  private let timeout: Double

  /// The processes of this run: those of `mpirun`, or this one alone.
  ///
  /// - Throws: `system` when `mpirun` has started several and Open MPI's library cannot be loaded.
  public static func world() throws(AttendError) -> any Collective {
    guard let text = getenv("OMPI_COMM_WORLD_SIZE"), let size = Int(String(cString: text)), size > 1 else {
      return SingleProcess()
    }
    return try OpenMPI()
  }

  private init() throws(AttendError) {
    if let problem = at_mpi_start() {
      throw AttendError(
        .system, "several processes were started but Open MPI cannot be used: \(String(cString: problem))",
        hint: "install Open MPI (Debian: openmpi-bin), or run without mpirun")
    }
    rank = Int(at_mpi_rank())
    count = Int(at_mpi_size())
    let limit = getenv("ATTEND_MPI_TIMEOUT").flatMap { Double(String(cString: $0)) }
    timeout = limit.flatMap { $0 > 0 ? $0 : nil } ?? 600
  }

  /// Says goodbye to the others; nothing may be called afterwards.
  public static func finish() throws(AttendError) {
    if let problem = at_mpi_finish() { throw AttendError(.system, String(cString: problem)) }
  }

  public func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(AttendError) {
    guard let start = values.baseAddress else { return }
    try reduce(start, values.count, AT_MPI_FLOAT, AT_MPI_SUM)
  }

  public func sum(_ values: inout [Double]) throws(AttendError) {
    let count = values.count
    let result = values.withUnsafeMutableBytes { bytes in
      Result { () throws(AttendError) in
        if let start = bytes.baseAddress { try reduce(start, count, AT_MPI_DOUBLE, AT_MPI_SUM) }
      }
    }
    try result.get()
  }

  public func maximum(_ values: inout [Int64]) throws(AttendError) {
    let count = values.count
    let result = values.withUnsafeMutableBytes { bytes in
      Result { () throws(AttendError) in
        if let start = bytes.baseAddress { try reduce(start, count, AT_MPI_INT64, AT_MPI_MAX) }
      }
    }
    try result.get()
  }

  private func reduce(
    _ values: UnsafeMutableRawPointer, _ count: Int, _ type: at_mpi_type, _ operation: at_mpi_operation
  ) throws(AttendError) {
    guard let count = Int32(exactly: count) else {
      throw AttendError(.limitExceeded, "\(count) values are too many for one MPI message")
    }
    var request: UnsafeMutableRawPointer?
    if let problem = at_mpi_reduce(values, count, type, operation, &request) { throw lost(String(cString: problem)) }
    let start = monotonicSeconds()
    var pause: UInt32 = 20
    while true {
      var isDone: Int32 = 0
      if let problem = at_mpi_test(&request, &isDone) { throw lost(String(cString: problem)) }
      if isDone != 0 { return }
      guard monotonicSeconds() - start < timeout else {
        throw lost("no answer for \(Int(timeout)) seconds")
      }
      // MPI's own waiting would take a processor from those who compute.
      usleep(pause)
      pause = min(pause * 2, 1000)
    }
  }

  private func lost(_ reason: String) -> AttendError {
    AttendError(
      .system, "process \(rank) of \(count) has lost the others: \(reason)",
      hint: "start all of them again with --resume; ATTEND_MPI_TIMEOUT sets the seconds to wait")
  }
}

/// Seconds on a clock that nobody sets.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
