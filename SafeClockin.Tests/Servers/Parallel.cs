// Most tests wait: for a server, a browser or a deadline. So four fixtures run beside each other, on two processors as well;
// what looks at the whole process says so with [NonParallelizable].
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
