import { Global, Module } from '@nestjs/common';
import { CryptoModule } from '../crypto/crypto.module';
import { OwnershipModule } from '../ownership/ownership.module';
import { OwnerCalls } from './owner-calls';

/** Brings requests to the replica that owns the gateway. */
@Global()
@Module({
  imports: [CryptoModule, OwnershipModule],
  providers: [OwnerCalls],
  exports: [OwnerCalls],
})
export class RoutingModule {}
