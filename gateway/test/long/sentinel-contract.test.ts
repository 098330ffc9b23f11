import { after, before, describe } from 'node:test';
import { createRedisRegistry } from '../../src/broker/redis/registry.js';
import { brokerContract } from '../contract/broker.contract.js';
import {
  brokersAt,
  grantWhatIsAskedFor,
  login,
  optionsFor,
  registriesAt,
} from '../contract/redis-carrier.js';
import { registryContract } from '../contract/registry.contract.js';
import { Sentinels } from '../support/sentinels.js';

describe('Sentinels', () => {
  let sentinels: Sentinels;
  before(async () => {
    sentinels = await Sentinels.start();
  });
  after(() => sentinels.close());

  brokerContract('Sentinels', async () => brokersAt(sentinels.url));
  registryContract('Sentinels', async () => registriesAt(sentinels.url));

  describe('after a failover, with no other permissions than we ask for', () => {
    const prefix = 'narrow';
    before(async () => {
      const refused = optionsFor(sentinels.urlFor(login), { gateway: 'refused', prefix });
      await grantWhatIsAskedFor(createRedisRegistry(refused), (...command) =>
        sentinels.everywhere(...command),
      );
      await sentinels.switchOver();
    });

    brokerContract('Sentinels', async () => brokersAt(sentinels.urlFor(login), prefix));
    registryContract('Sentinels', async () => registriesAt(sentinels.urlFor(login), prefix));
  });
});
