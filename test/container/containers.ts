import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  Wait,
  type StartedNetwork,
  type StartedTestContainer,
} from 'testcontainers';
import { parse } from 'yaml';
import { repositoryRoot } from '../../scripts/kits/repository.ts';

/** What `compose.yaml` says of a service, as far as these tests carry it out; `composeServices` refuses anything else. */
interface Service {
  readonly build: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly healthcheck?: { readonly disable: true };
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
}

const CARRIED_OUT = new Set([
  'build',
  'environment',
  'entrypoint',
  'ports',
  'depends_on',
  'healthcheck',
  'read_only',
  'tmpfs',
  'cap_drop',
  'security_opt',
]);

/** Port of the image. */
export const PORT = 8080;

/** Services of `compose.yaml`: running them as it says tests the file without the compose program. */
function composeServices(): Readonly<Record<string, Service>> {
  const { services } = parse(readFileSync(path.join(repositoryRoot, 'compose.yaml'), 'utf8')) as {
    services: Record<string, Service>;
  };
  for (const [name, service] of Object.entries(services)) {
    const unknown = Object.keys(service).filter((key) => !CARRIED_OUT.has(key));
    if (unknown.length > 0) throw new Error(`compose.yaml, service ${name}: the tests ignore ${unknown.join(', ')}`);
  }
  return services;
}

class ServiceContainer extends GenericContainer {
  /**
   * Joins a network when it is created. `withNetwork` joins it to the default network first, and an engine without one
   * then gives the container no name service.
   */
  joining(network: StartedNetwork, alias: string): this {
    const name = network.getName();
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [name]: { Aliases: [alias] } } };
    return this.withNetworkMode(name);
  }

  withReadOnlyRoot(): this {
    this.hostConfig.ReadonlyRootfs = true;
    return this;
  }
}

export interface Demo {
  readonly wallguard: StartedTestContainer;
  readonly app: StartedTestContainer;
  /** Of the protected server, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the services of `compose.yaml` from an image and waits until wallguard is healthy. */
export async function startDemo(image: string): Promise<Demo> {
  const { wallguard: front, app: behind } = composeServices();
  if (front === undefined || behind === undefined) throw new Error('compose.yaml: no service wallguard or app');
  const network = await new Network().start();
  const stop = async (): Promise<void> => {
    await removeContainersOf(network);
    await network.stop();
  };
  let said = '';
  try {
    const app = await container(image, 'app', behind, network).start();
    const wallguard = await container(image, 'wallguard', front, network)
      .withExposedPorts(PORT)
      .withLogConsumer((stream) => stream.on('data', (chunk: Buffer) => (said += chunk.toString())))
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    return { wallguard, app, url: `http://${wallguard.getHost()}:${wallguard.getMappedPort(PORT)}`, stop };
  } catch (error) {
    // A container that ended at once may still hold its network for a moment; why it ended is what matters.
    await stop().catch(() => undefined);
    throw new Error(`${image} did not become healthy; it said:\n${said}`, { cause: error });
  }
}

/** Those too that failed to start, which testcontainers hands to nobody. */
async function removeContainersOf(network: StartedNetwork): Promise<void> {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const containers = await dockerode.listContainers({ all: true, filters: { network: [network.getId()] } });
  for (const { Id: id } of containers) await dockerode.getContainer(id).remove({ force: true, v: true });
}

function container(image: string, name: string, service: Service, network: StartedNetwork): GenericContainer {
  const built = new ServiceContainer(image)
    .joining(network, name)
    .withEnvironment(service.environment ?? {})
    .withTmpFs(Object.fromEntries((service.tmpfs ?? []).map((entry) => splitOnce(entry, ':'))))
    .withDroppedCapabilities(...(service.cap_drop ?? []))
    .withSecurityOpt(...(service.security_opt ?? []));
  if (service.entrypoint !== undefined) built.withEntrypoint([...service.entrypoint]).withCommand([]);
  if (service.read_only === true) built.withReadOnlyRoot();
  return built;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Standard output of a container so far, without its standard error. */
export async function standardOutput(started: StartedTestContainer): Promise<string> {
  const client = await getContainerRuntimeClient();
  const logs = await client.container.getById(started.getId()).logs({ stdout: true, stderr: false });
  // Frames of a stream without a terminal: type, three zero bytes, length in big endian, text.
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= logs.length; at += 8 + logs.readUInt32BE(at + 4)) {
    parts.push(logs.subarray(at + 8, at + 8 + logs.readUInt32BE(at + 4)));
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Stops a container as an engine does, with the image's stop signal, and says how it ended. */
export async function endOf(started: StartedTestContainer): Promise<{ exitCode: number }> {
  const client = await getContainerRuntimeClient();
  const container = client.container.getById(started.getId());
  await container.stop({ t: 10 });
  const { State: state } = await container.inspect();
  return { exitCode: state.ExitCode };
}
