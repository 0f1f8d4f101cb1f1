import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FactoriesController } from './factories.controller';
import { FactoriesRepository } from './factories.repository';
import { FactoriesService } from './factories.service';
import { Factory } from './factory.entity';

@Module({
  imports: [TypeOrmModule.forFeature([Factory])],
  controllers: [FactoriesController],
  providers: [FactoriesService, FactoriesRepository],
  exports: [FactoriesService],
})
export class FactoriesModule {}
